/// Holds back what a file delivers until its time has come, as a camera does.
struct Pacing {
  private var start: (seconds: Double, instant: ContinuousClock.Instant)?

  /// Waits for the time of a picture, counted from the first one's; not at all if it has passed.
  /// - Parameters:
  ///   - seconds: when the picture is shown.
  ///   - interruption: ends the wait.
  mutating func wait(for seconds: Double, interruption: Interruption) {
    guard let start else {
      start = (seconds, .now)
      return
    }
    let due = start.instant + .seconds(seconds - start.seconds)
    interruption.wait(seconds: (due - .now) / .seconds(1))
  }
}
