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

  /// Finds out before work is begun what opening a file for writing would find out.
  static func checkWritable(_ path: String) throws(Failure) {
    var status = stat()
    let exists = stat(path, &status) == 0
    if path.isEmpty { throw Failure("\"\": cannot write: a file needs a name") }
    if exists, status.st_mode & S_IFMT == S_IFDIR {
      throw Failure("\(path): cannot write: is a folder")
    }
    let folder = (path as NSString).deletingLastPathComponent
    if access(exists ? path : folder.isEmpty ? "." : folder, W_OK) != 0 {
      throw Failure("\(path): cannot write: \(String(cString: strerror(errno)))")
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
