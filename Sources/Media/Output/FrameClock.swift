/// Gives frames the increasing times that encoders and containers insist on.
struct FrameClock {
  let timeBase: Rational
  /// The length of a frame in ticks where nothing else tells it; at least 1.
  let frameDuration: Int64
  private var last: Int64?

  /// - Parameter frameRate: average, in Hz; not positive if unknown.
  init(timeBase: Rational, frameRate: Rational) {
    self.timeBase = timeBase
    let seconds = frameRate.isPositive ? 1 / frameRate.doubleValue : 1.0 / 25
    frameDuration = max(1, Int64((seconds / timeBase.doubleValue).rounded()))
  }

  /// The frame's own time where it has one and it comes after the last; else the frame follows the
  /// last one after a usual duration, or after a tick if it claims to be earlier. No frame is lost.
  mutating func next(_ timestamp: Timestamp?) -> Int64 {
    let following = last.map { $0 + frameDuration } ?? 0
    var time = timestamp?.value(in: timeBase) ?? following
    if let last, time <= last { time = last + 1 }
    last = time
    return time
  }
}
