import CFFmpeg
import Synchronization

/// Says when a blocked call has to give up: because an `Interruption` asks for it, or because its
/// time is over.
final class Watchdog: Sendable {
  /// What may block.
  enum Call { case opening, reading }

  private let interruption: Interruption
  /// In microseconds; 0 for any time.
  private let timeout: Atomic<Int64>
  /// On FFmpeg's monotonic clock, in microseconds.
  private let deadline = Atomic<Int64>(.max)
  /// In microseconds; while nothing is waited for.
  private let remaining: Atomic<Int64>
  private let isExpired = Atomic(false)

  /// - Parameter timeout: seconds that a call may take; 0 for any time.
  init(_ interruption: Interruption, timeout: Double) {
    self.interruption = interruption
    self.timeout = Atomic(Int64(timeout * 1e6))
    remaining = Atomic(Int64(timeout * 1e6))
  }

  /// Allows all further calls a multiple of their time.
  func extend(by factor: Int64) {
    timeout.store(timeout.load(ordering: .relaxed) * factor, ordering: .relaxed)
  }

  /// Gives the next calls their time.
  func restart() {
    let timeout = timeout.load(ordering: .relaxed)
    remaining.store(timeout, ordering: .relaxed)
    if timeout > 0 { deadline.store(av_gettime_relative() + timeout, ordering: .relaxed) }
  }

  /// Lets any time pass until `resume` or `restart`.
  func rest() {
    let deadline = deadline.exchange(.max, ordering: .relaxed)
    if deadline != .max {
      remaining.store(max(0, deadline - av_gettime_relative()), ordering: .relaxed)
    }
  }

  /// Gives the next call what was left of the time when `rest` was called.
  func resume() {
    guard timeout.load(ordering: .relaxed) > 0 else { return }
    let remaining = remaining.load(ordering: .relaxed)
    deadline.store(av_gettime_relative() + remaining, ordering: .relaxed)
  }

  /// Whether what is blocked has to give up; asked from any thread.
  var givesUp: Bool {
    if interruption.request != .none { return true }
    if av_gettime_relative() > deadline.load(ordering: .relaxed) {
      isExpired.store(true, ordering: .relaxed)
    }
    return isExpired.load(ordering: .relaxed)
  }

  /// Why a call had to give up; nil if it had not.
  func error(_ call: Call, location: String) -> MediaError? {
    let name = call == .opening ? "opening" : "reading"
    if interruption.request != .none {
      return MediaError(.interrupted, location, "\(name) was interrupted")
    }
    guard isExpired.load(ordering: .relaxed) else { return nil }
    let seconds = Double(timeout.load(ordering: .relaxed)) / 1e6
    let silence = call == .opening ? "gave no answer" : "sent nothing"
    return MediaError(.stalled, location, "\(silence) for \(seconds) s")
  }

  /// What libavformat asks; it must not do so after the end of this object.
  var interruptCallback: AVIOInterruptCB {
    AVIOInterruptCB(
      callback: { opaque in
        Unmanaged<Watchdog>.fromOpaque(opaque!).takeUnretainedValue().givesUp ? 1 : 0
      }, opaque: Unmanaged.passUnretained(self).toOpaque())
  }
}
