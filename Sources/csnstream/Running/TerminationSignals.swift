import Dispatch
import Foundation
import Media
import Synchronization

/// Turns SIGINT and SIGTERM into an orderly end: the first one ends reading, so that what was read is
/// finished; the second one ends the program.
final class TerminationSignals: Sendable {
  private let received = Mutex<Int32?>(nil)
  private let sources: Mutex<[any DispatchSourceSignal]>

  /// Listens from now on. A reader of ours that goes away shows as an error of the write, not as
  /// SIGPIPE.
  init(_ interruption: Interruption) {
    sources = Mutex([])
    signal(SIGPIPE, SIG_IGN)
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { [self] in
        let isFirst = received.withLock { received in
          defer { received = number }
          return received == nil
        }
        guard isFirst else { _exit(128 + number) }
        interruption.stopReading()
      }
      source.resume()
      sources.withLock { $0.append(source) }
    }
  }

  /// The exit status of a program ended by the signal received, if any: 130 for SIGINT.
  var exitStatus: Int32? { received.withLock { $0.map { 128 + $0 } } }
}
