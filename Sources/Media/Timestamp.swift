package import CFFmpeg

/// A rational number: a time base in seconds, a frame rate in Hz or an aspect ratio.
public struct Rational: Hashable, Sendable, CustomStringConvertible {
  /// The numerator.
  public var numerator: Int32
  /// The denominator; 0 only in a ratio that is unknown.
  public var denominator: Int32

  /// Makes `numerator / denominator`.
  public init(_ numerator: Int32, _ denominator: Int32) {
    self.numerator = numerator
    self.denominator = denominator
  }

  /// The quotient; NaN or infinity if the denominator is 0.
  public var doubleValue: Double { Double(numerator) / Double(denominator) }

  /// Whether both parts are positive.
  public var isPositive: Bool { numerator > 0 && denominator > 0 }

  /// `numerator/denominator`
  public var description: String { "\(numerator)/\(denominator)" }

  package init(_ value: AVRational) { self.init(value.num, value.den) }
  package var avRational: AVRational { AVRational(num: numerator, den: denominator) }
}

/// A point in time: a whole number of ticks of a time base. "No timestamp" is a nil `Timestamp?`.
public struct Timestamp: Hashable, Sendable {
  /// The number of ticks.
  public var value: Int64
  /// The length of a tick in seconds.
  public var timeBase: Rational

  /// Makes the time `value * timeBase` seconds.
  public init(_ value: Int64, timeBase: Rational) {
    self.value = value
    self.timeBase = timeBase
  }

  /// The time in seconds.
  public var seconds: Double { Double(value) * timeBase.doubleValue }

  /// The number of ticks of another time base, rounded to the nearest.
  public func value(in other: Rational) -> Int64 {
    av_rescale_q(value, timeBase.avRational, other.avRational)
  }
}
