import Dispatch
import Foundation
import Media
import Synchronization

/// Turns SIGINT, SIGTERM and, unless nohup has it ignored, SIGHUP into an orderly end: the first one
/// ends reading, so that what was read is finished; the second one ends the program.
final class TerminationSignals {
  /// The first signal received; 0 if none was.
  private final class Received: Sendable {
    let signal = Atomic<Int32>(0)
  }

  private let received = Received()
  private var sources: [any DispatchSourceSignal] = []

  /// Listens from now on. A reader of ours that goes away shows as an error of the write, not as
  /// SIGPIPE.
  init(_ interruption: Interruption) {
    signal(SIGPIPE, SIG_IGN)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      let former = signal(number, SIG_IGN)
      if number == SIGHUP, isIgnoring(former) { continue }
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { [received] in
        let (isFirst, _) = received.signal.compareExchange(
          expected: 0, desired: number, ordering: .relaxed)
        guard isFirst else { _exit(128 + number) }
        interruption.stopReading()
      }
      source.resume()
      sources.append(source)
    }
  }

  private func isIgnoring(_ handler: sighandler_t?) -> Bool {
    unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN as sighandler_t?, to: Int.self)
  }

  /// The exit status of a program ended by the signal received, if any: 130 for SIGINT.
  var exitStatus: Int32? {
    let signal = received.signal.load(ordering: .relaxed)
    return signal == 0 ? nil : 128 + signal
  }
}
