/// Holds back what a file delivers until its time has come, as a camera does.
struct Pacing {
  private var start: (seconds: Double, instant: ContinuousClock.Instant)?

  /// How late a picture may be before the times are counted anew: a source that was away for a while
  /// would else come in bursts from then on.
  private static let patience = Duration.seconds(1)

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
    let now = ContinuousClock.now
    if now - due > Self.patience { self.start = (seconds, now) }
    interruption.wait(seconds: (due - now) / .seconds(1))
  }
}
