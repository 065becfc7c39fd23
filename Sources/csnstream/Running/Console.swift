import Foundation
import Logging

/// Messages for people, on standard error; standard output carries data only.
enum Console {
  /// Writes a line.
  static func say(_ line: String) { write("\(line)\n") }

  /// Writes a line that begins with the program's name and `warning:`.
  static func warn(_ message: String) { say("csnstream: warning: \(message)") }

  /// Whether standard error is a terminal.
  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Asks for y or n; false without a terminal to ask on.
  static func confirm(_ question: String) -> Bool {
    guard isTerminal, isatty(STDIN_FILENO) == 1 else { return false }
    write("\(question) [y/N] ")
    return readLine()?.lowercased().hasPrefix("y") ?? false
  }

  /// Writes text as it is. Where nobody can be told that nobody can be told, that is not told.
  static func write(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}

/// Log messages as lines such as `csnstream: warning: …`.
struct ConsoleLogHandler: LogHandler {
  var logLevel = Logger.Level.info
  var metadata: Logger.Metadata = [:]

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let label = event.level >= .warning ? "\(event.level): " : ""
    Console.say("csnstream: \(label)\(event.message)")
  }
}
