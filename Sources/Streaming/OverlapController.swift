/// Chooses how far the next clip overlaps the last one, from how far the network is behind: less
/// overlap means more new frames from each run.
///
/// A run is worth T_c − T_o frames; while it lasts, others arrive. As long as fewer frames wait at its
/// end than the next run will take, the network keeps up.
public struct OverlapController: Sendable {
  /// The overlaps to choose from.
  public let limits: ClosedRange<Int>
  /// What was chosen last; the upper limit at first.
  public private(set) var overlap: Int
  private let clipLength: Int
  /// The number of clips in a row that left room for more overlap.
  private var easyClips = 0

  /// The number of easy clips in a row before the overlap rises by one frame.
  static let patience = 4
  /// A clip is easy if the frames that wait after it are at most this share of the new frames of a
  /// clip at the overlap it would rise to. Well below 1, so that a load on the border does not go back
  /// and forth.
  static let easyShare = 0.6

  /// Makes a controller for clips of `clipLength` frames; `limits` are from 0 to `clipLength` − 1.
  public init(clipLength: Int, limits: ClosedRange<Int>) {
    precondition(limits.lowerBound >= 0 && limits.upperBound < clipLength)
    self.clipLength = clipLength
    self.limits = limits
    overlap = limits.upperBound
  }

  /// Takes note of the end of a run, when `waiting` frames wait for the next; returns the overlap
  /// for it.
  public mutating func update(waiting: Int) -> Int {
    let sustainable = clipLength - 1 - waiting
    let newFramesAbove = Double(clipLength - overlap - 1)
    if sustainable < overlap {
      overlap = max(limits.lowerBound, sustainable)
      easyClips = 0
    } else if overlap < limits.upperBound, Double(waiting) <= Self.easyShare * newFramesAbove {
      easyClips += 1
      if easyClips == Self.patience {
        overlap += 1
        easyClips = 0
      }
    } else {
      easyClips = 0
    }
    return overlap
  }
}
