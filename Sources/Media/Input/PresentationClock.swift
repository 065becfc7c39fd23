import CFFmpeg

/// Gives every frame a time: the decoder's where there is one, one frame's length after the previous
/// frame otherwise. Times always increase.
struct PresentationClock {
  /// The unit of all times here.
  let timeBase: Rational

  private let frameRate: Rational
  private var last: Int64?
  /// Where counting frames began, and how many were counted since.
  private var counted: (from: Int64, frames: Int64) = (0, 0)

  /// Starts at 0, should the first frame have no time.
  init(timeBase: Rational, frameRate: Rational) {
    self.timeBase = timeBase
    self.frameRate = frameRate
  }

  /// The time of the next frame in presentation order, in ticks.
  /// - Parameter time: what the decoder says.
  mutating func next(_ time: Int64?) -> Int64 {
    let frameTime = Rational(frameRate.denominator, frameRate.numerator).avRational
    if let time {
      counted = (time, 0)
    }
    let expected =
      counted.from + av_rescale_q(counted.frames, frameTime, timeBase.avRational)
    counted.frames += 1
    let result = last.map { max(expected, $0 + 1) } ?? expected
    last = result
    return result
  }
}
