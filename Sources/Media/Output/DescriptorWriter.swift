import CFFmpeg
import Glibc

/// Writes bytes to a file descriptor. A write that blocks, such as on a pipe nobody reads, gives up
/// within a tenth of a second of reaching its `WriteLimit`.
///
/// A pipe whose reader has gone raises SIGPIPE, which ends the process unless it is ignored.
final class DescriptorWriter {
  private let descriptor: Int32
  private let closesDescriptor: Bool
  private let limit: WriteLimit

  /// Writes to an open descriptor, which stays open.
  init(_ descriptor: Int32, limit: WriteLimit) {
    self.descriptor = descriptor
    closesDescriptor = false
    self.limit = limit
  }

  /// Opens a file, emptying or creating it, or a FIFO, waiting for its reader.
  init(path: String, limit: WriteLimit) throws(MediaError) {
    var result: Int32
    repeat {
      // A FIFO without a reader cannot be opened so, and would otherwise block until one comes.
      result = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0o666)
      if result >= 0 || errno != ENXIO || !Self.isFIFO(path) { break }
      poll(nil, 0, 50)
    } while !limit.isReached
    guard result >= 0 else {
      throw errno == ENXIO && limit.isReached
        ? limit.error(path) : .output(cff_error(errno), path)
    }
    descriptor = result
    closesDescriptor = true
    self.limit = limit
  }

  deinit { if closesDescriptor { close(descriptor) } }

  /// Whether a path leads to a named pipe.
  static func isFIFO(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
  }

  /// Writes all of `bytes`.
  /// - Returns: 0, or FFmpeg's code of an error, `AVERROR_EXIT` where the limit is reached.
  func write(_ bytes: UnsafeRawBufferPointer) -> Int32 {
    limit.begin(.writing)
    var rest = bytes[...]
    while !rest.isEmpty {
      if limit.isReached { return cff_error_exit() }
      var state = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      let ready = poll(&state, 1, 100)
      if ready == 0 { continue }
      // A pipe that poll calls writable takes PIPE_BUF bytes without blocking, not more.
      let part = UnsafeRawBufferPointer(rebasing: rest.prefix(4096))
      let result = ready < 0 ? -1 : Glibc.write(descriptor, part.baseAddress, part.count)
      if result >= 0 {
        rest = rest.dropFirst(result)
        limit.begin(.writing)
      } else if errno != EINTR && errno != EAGAIN {
        return cff_error(errno)
      }
    }
    return 0
  }
}
