import Foundation

/// What a command prints: its result, for people or for other programs.
enum StandardOutput {
  /// Writes all of `data`.
  static func write(_ data: Data) throws(Failure) {
    do { try FileHandle.standardOutput.write(contentsOf: data) } catch {
      throw Failure("standard output: cannot write: \(Failure.reason(error))")
    }
  }

  /// Writes a line.
  static func print(_ line: String) throws(Failure) { try write(Data("\(line)\n".utf8)) }
}
