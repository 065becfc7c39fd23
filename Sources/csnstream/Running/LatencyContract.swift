import Foundation
import Segmentation

/// `--max-latency`: counts the masks that came later than promised.
struct LatencyContract {
  /// The exit status of a run that broke it.
  static let exitStatus: Int32 = 3

  /// Milliseconds from decoder to written mask.
  let limit: Double
  private var frames = 0
  private var late = 0
  private var worst = 0.0

  init(limit: Double) { self.limit = limit }

  /// Takes note of a mask that has been written now.
  mutating func count(_ frame: SegmentedFrame) {
    guard frame.hasLatencyBound else { return }
    frames += 1
    let latency = (ContinuousClock.now - frame.arrival) / .milliseconds(1)
    if latency > limit { late += 1 }
    worst = max(worst, latency)
  }

  /// How it was broken, in one line; nil if it was kept.
  var breach: LatencyBreach? {
    guard late > 0 else { return nil }
    return LatencyBreach(
      description: "\(late) of \(frames) masks came later than \(limit.formatted()) ms, "
        + "the latest after \(Int(worst.rounded(.up))) ms")
  }
}

/// The promise of `--max-latency` was not kept.
struct LatencyBreach: Error, CustomStringConvertible {
  let description: String
}
