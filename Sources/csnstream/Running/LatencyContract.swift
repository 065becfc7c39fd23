import Foundation
import Segmentation

/// `--max-latency`: counts the masks that came later than promised, whichever thread writes them.
final class LatencyContract: @unchecked Sendable {
  /// The exit status of a run that broke it.
  static let exitStatus: Int32 = 3

  /// Milliseconds from decoder to written mask.
  private let limit: Double
  // What follows is only touched with `lock` locked.
  private let lock = NSLock()
  private var frames = 0
  private var late = 0
  private var worst = 0.0

  init(limit: Double) { self.limit = limit }

  /// Takes note of a mask that has been written now.
  func count(_ frame: SegmentedFrame) {
    guard frame.hasLatencyBound else { return }
    let latency = (ContinuousClock.now - frame.arrival) / .milliseconds(1)
    lock.withLock {
      frames += 1
      if latency > limit { late += 1 }
      worst = max(worst, latency)
    }
  }

  /// How it was broken, in one line; nil if it was kept.
  var breach: LatencyBreach? {
    lock.withLock {
      guard late > 0 else { return nil }
      return LatencyBreach(
        description: "\(late) of \(frames) masks came later than \(limit.formatted()) ms, "
          + "the latest after \(Int(worst.rounded(.up))) ms")
    }
  }
}

/// The promise of `--max-latency` was not kept.
struct LatencyBreach: Error, CustomStringConvertible {
  let description: String
}
