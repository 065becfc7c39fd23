import Foundation
import Media

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
    if access(exists ? path : folder(of: path), W_OK) != 0 {
      throw Failure("\(path): cannot write: \(String(cString: strerror(errno)))")
    }
  }

  /// Refuses a file that is there already, unless it may be overwritten.
  static func checkOverwriting(_ path: String, isAllowed: Bool) throws(Failure) {
    var status = stat()
    if !isAllowed, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG {
      throw Failure("\(path): exists; -y overwrites it")
    }
  }

  /// Refuses where a file that appears when it is finished cannot be made: standard output, a device, a
  /// FIFO, a link, a folder in which nothing may be made.
  static func checkReplaceable(_ path: String) throws(Failure) {
    if path == "-" { throw Failure("standard output: cannot take this; name a file") }
    var status = stat()
    if lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      throw Failure("\(path): is not a regular file")
    }
    try checkWritable(path)
    if access(folder(of: path), W_OK) != 0 {
      throw Failure("\(path): cannot write beside it: \(String(cString: strerror(errno)))")
    }
  }

  /// Writes the whole file or none, replacing one that is there. What is no regular file, such as a
  /// FIFO, and what lies in a folder where nothing can be made is written to as it is.
  static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
    let target = resolved(path)
    let isReplaced = isReplaceable(target)
    let written = isReplaced ? "\(target).\(getpid()).partial" : target
    let isWritten = fopen(written, isReplaced ? "wbxe" : "wbe").map { file in
      let count = fwrite(bytes, 1, bytes.count, file)
      // Closing tells of errors that buffered writing has not met yet.
      return fclose(file) == 0 && count == bytes.count
    }
    guard isWritten == true, !isReplaced || rename(written, target) == 0 else {
      let reason = String(cString: strerror(errno))
      if isReplaced { unlink(written) }
      throw Failure("\(path): cannot write: \(reason)")
    }
  }

  /// What a path's links lead to.
  private static func resolved(_ path: String) -> String {
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
  }

  private static func isReplaceable(_ path: String) -> Bool {
    var status = stat()
    let exists = stat(path, &status) == 0
    if exists, status.st_mode & S_IFMT != S_IFREG { return false }
    return !exists || access(folder(of: path), W_OK) == 0
  }

  /// The folder that a path's last part is in.
  static func folder(of path: String) -> String {
    path.folderOfPath.isEmpty ? "." : path.folderOfPath
  }
}
