import Foundation

/// Durations, counted in constant memory: in buckets that are 1 % wide.
public struct LatencyHistogram: Sendable {
  /// The longest duration, in milliseconds; 0 if there is none.
  public private(set) var maximum = 0.0
  /// Bucket k counts durations of up to 1.01^k microseconds; the last reaches beyond 19 hours.
  private var counts = [Int](repeating: 0, count: 2512)
  private var total = 0
  private static let growth = 1.01

  init() {}

  /// Whether nothing was recorded.
  public var isEmpty: Bool { total == 0 }

  mutating func record(milliseconds: Double) {
    maximum = max(maximum, milliseconds)
    let bucket = (log(max(milliseconds * 1000, 1)) / log(Self.growth)).rounded(.up)
    counts[min(Int(bucket), counts.count - 1)] += 1
    total += 1
  }

  /// The duration, in milliseconds, that a share of all does not exceed: true to 1 %.
  /// - Parameter share: 0…1, such as 0.95.
  /// - Returns: 0 if nothing was recorded.
  public func quantile(_ share: Double) -> Double {
    guard total > 0 else { return 0 }
    var left = max(1, Int((share * Double(total)).rounded(.up)))
    for (bucket, count) in counts.enumerated() {
      left -= count
      if left <= 0 { return min(pow(Self.growth, Double(bucket)) / 1000, maximum) }
    }
    return maximum
  }

  /// What was recorded after `earlier`, a former state of this one; its maximum is true to 1 %.
  public func since(_ earlier: LatencyHistogram) -> LatencyHistogram {
    var recent = self
    for bucket in counts.indices { recent.counts[bucket] -= earlier.counts[bucket] }
    recent.total -= earlier.total
    recent.maximum = recent.quantile(1)
    return recent
  }
}
