import CFFmpeg
import Synchronization

/// Decides when a call that waits for whoever takes an output has to give up, so that an end is never
/// held up by a reader that has stopped or by a host that does not answer.
///
/// While nothing asks for an end, a write waits as long as it takes, unless it goes to a host from a live
/// source; so does one to a file on a disk in any case, unless `Interruption.abort` is called.
final class WriteLimit: Sendable {
  /// What is waited for.
  enum Phase {
    /// A reader to open the other end.
    case opening
    /// A host to take a connection.
    case connecting
    /// What is being written to be taken.
    case writing
  }

  /// How long a connection may take.
  static let connectingSeconds = 10
  /// How long a write may make no progress once an end is asked for.
  static let finishingSeconds = 5
  /// How long a write over a network may make no progress while pictures come at their own pace.
  static let liveSeconds = 30

  private struct Wait {
    var phase = Phase.opening
    var start = ContinuousClock.now
  }

  private let interruption: Interruption
  private let isDisk: Bool
  private let isLiveConnection: Bool
  private let wait = Mutex(Wait())

  /// - Parameters:
  ///   - isDisk: whether what is written is a file, behind which nobody can stop reading.
  ///   - isLiveConnection: whether it goes to a host, and pictures do not wait for it.
  init(_ interruption: Interruption, isDisk: Bool = false, isLiveConnection: Bool = false) {
    self.interruption = interruption
    self.isDisk = isDisk
    self.isLiveConnection = isLiveConnection
  }

  /// A wait is about to begin, or there was progress.
  func begin(_ phase: Phase) { wait.withLock { $0 = Wait(phase: phase) } }

  /// Whether to give up now.
  var isReached: Bool {
    let request = interruption.request
    if isDisk || request == .abort { return request == .abort }
    let wait = wait.withLock { $0 }
    let seconds = (ContinuousClock.now - wait.start) / .seconds(1)
    return switch wait.phase {
    case .opening: request == .stopReading
    case .connecting: request == .stopReading || seconds > Double(Self.connectingSeconds)
    case .writing:
      request == .stopReading && seconds > Double(Self.finishingSeconds)
        || isLiveConnection && seconds > Double(Self.liveSeconds)
    }
  }

  /// The error of a call that gave up.
  func error(_ location: String) -> MediaError {
    switch (interruption.request, wait.withLock { $0.phase }) {
    case (.stopReading, .writing):
      MediaError(
        .unwritable, location,
        "cannot write: its reader has taken nothing for \(Self.finishingSeconds) s")
    case (.none, .writing):
      MediaError(
        .unwritable, location, "cannot write: nothing was taken for \(Self.liveSeconds) s")
    case (.none, .connecting):
      MediaError(
        .unwritable, location, "cannot write: no answer within \(Self.connectingSeconds) s")
    default:
      MediaError(.interrupted, location, "interrupted")
    }
  }

  /// What FFmpeg asks while it waits; the limit must outlive whatever is given this.
  var interruptCallback: AVIOInterruptCB {
    AVIOInterruptCB(
      callback: { opaque in
        guard let opaque else { return 0 }
        return Unmanaged<WriteLimit>.fromOpaque(opaque).takeUnretainedValue().isReached ? 1 : 0
      }, opaque: Unmanaged.passUnretained(self).toOpaque())
  }
}
