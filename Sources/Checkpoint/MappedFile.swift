import Glibc

/// A file mapped read-only into memory until the last reference to it goes.
///
/// The bytes never change through this object, so that it may be read from any thread. Nobody else
/// may shorten the file meanwhile: the kernel answers a read past its new end with a signal.
final class MappedFile: @unchecked Sendable {
  let path: String
  let bytes: UnsafeRawBufferPointer

  init(path: String) throws(CheckpointError) {
    self.path = path
    // Without O_NONBLOCK, opening a pipe would wait for its writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .systemCall("cannot open it", path) }
    defer { close(descriptor) }

    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .systemCall("cannot inspect it", path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw CheckpointError(.inputOutput, path, "is not a regular file")
    }
    let count = Int(status.st_size)
    guard count > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard start != MAP_FAILED else { throw .systemCall("cannot map it into memory", path) }
    bytes = UnsafeRawBufferPointer(start: start, count: count)
  }

  deinit {
    if let start = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }
}

extension CheckpointError {
  /// The error of the system call that failed just now.
  static func systemCall(_ what: String, _ path: String) -> CheckpointError {
    CheckpointError(.inputOutput, path, "\(what): \(String(cString: strerror(errno)))")
  }
}
