import CFFmpeg
import Synchronization

/// Decides when a call that waits for whoever takes an output has to give up, so that an end is never
/// held up by a reader that has stopped or by a host that does not answer.
///
/// While nothing asks for an end, a write waits as long as it takes; so does one to a file on a disk
/// in any case, unless `Interruption.abort` is called.
final class WriteLimit: Sendable {
  /// How long a connection may take.
  static let openingSeconds = 10
  /// How long a write may make no progress once an end is asked for.
  static let finishingSeconds = 5

  private struct Wait {
    var isOpening: Bool
    var start = ContinuousClock.now
  }

  private let interruption: Interruption
  private let isDisk: Bool
  private let wait = Mutex(Wait(isOpening: true))

  /// - Parameter isDisk: whether what is written is a file, behind which nobody can stop reading.
  init(_ interruption: Interruption, isDisk: Bool = false) {
    self.interruption = interruption
    self.isDisk = isDisk
  }

  /// A connection is about to be made.
  func beginOpening() { wait.withLock { $0 = Wait(isOpening: true) } }

  /// A write is about to begin, or has made progress.
  func beginWriting() { wait.withLock { $0 = Wait(isOpening: false) } }

  /// Whether to give up now.
  var isReached: Bool {
    let request = interruption.request
    if isDisk { return request == .abort }
    let wait = wait.withLock { $0 }
    let seconds = (ContinuousClock.now - wait.start) / .seconds(1)
    return switch (request, wait.isOpening) {
    case (.abort, _), (.stopReading, true): true
    case (.stopReading, false): seconds > Double(Self.finishingSeconds)
    case (.none, true): seconds > Double(Self.openingSeconds)
    case (.none, false): false
    }
  }

  /// The error of a call that gave up.
  func error(_ location: String) -> MediaError {
    let isOpening = wait.withLock { $0.isOpening }
    switch (interruption.request, isOpening) {
    case (.none, _):
      return MediaError(
        .unwritable, location, "cannot write: no answer within \(Self.openingSeconds) s")
    case (.stopReading, false):
      return MediaError(
        .unwritable, location,
        "cannot write: its reader has taken nothing for \(Self.finishingSeconds) s")
    case (.stopReading, true), (.abort, _):
      return MediaError(.interrupted, location, "interrupted")
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
