import CFFmpeg
import Glibc

/// A byte source for libavformat that waits with poll(), so that a `Watchdog` ends a read that no
/// data reach. For standard input and FIFOs; files, too, when standard input is redirected.
final class PipeInput {
  /// What libavformat reads from; owned.
  let io: UnsafeMutablePointer<AVIOContext>
  /// Bytes delivered so far.
  private(set) var byteCount = 0

  private let descriptor: Int32
  private let closesDescriptor: Bool
  private let watchdog: Watchdog

  /// Reads file descriptor 0, which stays open.
  static func standardInput(watchdog: Watchdog) -> PipeInput {
    PipeInput(descriptor: STDIN_FILENO, closesDescriptor: false, watchdog: watchdog)
  }

  /// Opens a FIFO. Does not wait for a writer: the first read does.
  static func fifo(path: String, watchdog: Watchdog) throws(MediaError) -> PipeInput {
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw MediaError(.unreadable, path, String(cString: strerror(errno)))
    }
    return PipeInput(descriptor: descriptor, closesDescriptor: true, watchdog: watchdog)
  }

  private init(descriptor: Int32, closesDescriptor: Bool, watchdog: Watchdog) {
    self.descriptor = descriptor
    self.closesDescriptor = closesDescriptor
    self.watchdog = watchdog
    let bufferSize: Int32 = 65536
    let buffer = av_malloc(Int(bufferSize))?.assumingMemoryBound(to: UInt8.self)
    io = avio_alloc_context(
      buffer, bufferSize, 0, nil,
      { opaque, buffer, size in PipeInput.from(opaque).read(into: buffer, size) }, nil,
      isRegularFile(descriptor)
        ? { opaque, offset, whence in PipeInput.from(opaque).seek(offset, whence) } : nil)
    io.pointee.opaque = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit {
    // libavformat may have replaced the buffer.
    av_free(io.pointee.buffer)
    var io: UnsafeMutablePointer<AVIOContext>? = io
    avio_context_free(&io)
    if closesDescriptor { close(descriptor) }
  }

  private static func from(_ opaque: UnsafeMutableRawPointer?) -> PipeInput {
    Unmanaged<PipeInput>.fromOpaque(opaque!).takeUnretainedValue()
  }

  private func read(into buffer: UnsafeMutablePointer<UInt8>?, _ size: Int32) -> Int32 {
    while true {
      if watchdog.givesUp { return cff_error_exit() }
      var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let ready = Glibc.poll(&poll, 1, 50)
      if ready < 0 && errno != EINTR { return cff_error(errno) }
      if ready <= 0 { continue }
      let count = Glibc.read(descriptor, buffer, Int(size))
      if count > 0 {
        byteCount += count
        return Int32(count)
      }
      if count == 0 { return cff_error_eof() }
      if errno != EINTR && errno != EAGAIN { return cff_error(errno) }
    }
  }

  private func seek(_ offset: Int64, _ whence: Int32) -> Int64 {
    if whence & AVSEEK_SIZE != 0 {
      var status = stat()
      return fstat(descriptor, &status) == 0 ? Int64(status.st_size) : Int64(cff_error(errno))
    }
    let position = lseek(descriptor, off_t(offset), whence)
    return position >= 0 ? Int64(position) : Int64(cff_error(errno))
  }
}

private func isRegularFile(_ descriptor: Int32) -> Bool {
  var status = stat()
  return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
}
