import Foundation

/// A file that a command makes from others.
enum OutputFile {
  /// Refuses to write over what is read.
  static func check(_ path: String, isNoneOf inputs: [String?]) throws(Failure) {
    var output = stat()
    guard stat(path, &output) == 0 else { return }
    for case let input? in inputs {
      var other = stat()
      if stat(input, &other) == 0, other.st_dev == output.st_dev, other.st_ino == output.st_ino {
        throw Failure("\(path): is an input")
      }
    }
  }

  /// Writes the whole file or none, replacing one that is there.
  static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
    let partial = "\(path).\(getpid()).partial"
    let isWritten = fopen(partial, "wbxe").map { file in
      let count = fwrite(bytes, 1, bytes.count, file)
      // Closing tells of errors that buffered writing has not met yet.
      return fclose(file) == 0 && count == bytes.count
    }
    guard isWritten == true, rename(partial, path) == 0 else {
      let reason = String(cString: strerror(errno))
      unlink(partial)
      throw Failure("\(path): cannot write: \(reason)")
    }
  }
}
