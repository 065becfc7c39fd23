/// The part of an input that is delivered. Times are counted from its start, for all streams alike,
/// so that they stay in sync.
struct ReadingWindow {
  /// Where the input starts, in microseconds on the container's clock; nil until that is known.
  private var startTime: Int64?
  /// Where the part starts, in microseconds after that.
  private let start: Int64
  /// Whether what comes before the origin is left out; without, nothing is.
  let cutsStart: Bool
  /// How long the part is, in microseconds; nil for everything.
  let length: Int64?

  /// - Parameters:
  ///   - startTime: when the container's earliest stream starts, in microseconds; if that is not
  ///     known the first position will be 0.
  ///   - start: seconds after that.
  ///   - duration: seconds.
  init(startTime: Int64?, start: Double?, duration: Double?) {
    self.startTime = startTime
    self.start = Int64(((start ?? 0) * 1e6).rounded())
    cutsStart = start != nil
    length = duration.map { Int64(($0 * 1e6).rounded()) }
  }

  /// A container's time, counted from the start of the part instead.
  mutating func position(_ time: Int64, in timeBase: Rational) -> Timestamp {
    let startTime =
      startTime ?? Timestamp(time, timeBase: timeBase).value(in: .microseconds)
    self.startTime = startTime
    let origin = Timestamp(startTime + start, timeBase: .microseconds).value(in: timeBase)
    return Timestamp(time - origin, timeBase: timeBase)
  }

  /// Whether a position lies before the part.
  func isBefore(_ position: Timestamp) -> Bool { cutsStart && position.value < 0 }

  /// Whether a position lies at or after the end of the part, by a number of seconds at least.
  func isAfter(_ position: Timestamp, by seconds: Int64 = 0) -> Bool {
    guard let length else { return false }
    let end = Timestamp(length + seconds * 1_000_000, timeBase: .microseconds)
    return position.value >= end.value(in: position.timeBase)
  }
}
