import Glibc
public import Synchronization

/// Tells blocked reads and writes to give up. One instance is shared between whoever waits for a
/// signal or a cancellation and the media objects of a run.
public final class Interruption: Sendable {
  /// How urgently.
  public enum Request: Int, Sendable, AtomicRepresentable {
    /// Go on.
    case none
    /// Read no more: what was read is finished and written.
    case stopReading
    /// Give up at once, also what is half written.
    case abort
  }

  private let state = Atomic<Request>(.none)
  private let parent: Interruption?

  /// Makes an instance that interrupts nothing yet.
  /// - Parameter parent: what is asked of it is asked of this one, too, not the other way round.
  public init(under parent: Interruption? = nil) { self.parent = parent }

  /// What is asked for now.
  public var request: Request {
    let own = state.load(ordering: .relaxed)
    guard let inherited = parent?.request, inherited.rawValue > own.rawValue else { return own }
    return inherited
  }

  /// Asks inputs to end as if the source had ended.
  public func stopReading() {
    _ = state.compareExchange(expected: .none, desired: .stopReading, ordering: .relaxed)
  }

  /// Asks inputs and outputs to give up.
  public func abort() { state.store(.abort, ordering: .relaxed) }

  /// Blocks for some time, or until something is asked for.
  public func wait(seconds: Double) {
    let end = ContinuousClock.now + .seconds(seconds)
    while request == .none {
      let remaining = (end - .now) / .milliseconds(1)
      if remaining <= 0 { return }
      usleep(UInt32(min(remaining, 20) * 1000))
    }
  }
}
