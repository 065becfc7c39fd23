import CFFmpeg
import Foundation

/// An open file descriptor as FFmpeg's output: never sought, not closed. A write that blocks, such
/// as on a pipe nobody reads, gives up within a tenth of a second of `Interruption.abort`.
///
/// A pipe whose reader has gone raises SIGPIPE, which ends the process unless it is ignored.
struct DescriptorOutput: ~Copyable {
  /// Owned, with its buffer.
  let context: UnsafeMutablePointer<AVIOContext>
  private let target: Target

  fileprivate final class Target {
    let descriptor: Int32
    let interruption: Interruption

    init(_ descriptor: Int32, _ interruption: Interruption) {
      self.descriptor = descriptor
      self.interruption = interruption
    }
  }

  init(_ descriptor: Int32, location: String, interruption: Interruption) throws(MediaError) {
    let size = 1 << 16
    let target = Target(descriptor, interruption)
    let context = avio_alloc_context(
      av_malloc(size)?.assumingMemoryBound(to: UInt8.self), Int32(size), 1,
      Unmanaged.passUnretained(target).toOpaque(), nil,
      { opaque, bytes, count in
        guard let opaque, let bytes else { return cff_error(EINVAL) }
        let target = Unmanaged<Target>.fromOpaque(opaque).takeUnretainedValue()
        return target.write(bytes, Int(count))
      }, nil)
    guard let context else { throw MediaError(.unwritable, location, "out of memory") }
    context.pointee.seekable = 0
    self.context = context
    self.target = target
  }

  deinit {
    av_freep(&context.pointee.buffer)
    var context: UnsafeMutablePointer<AVIOContext>? = context
    avio_context_free(&context)
  }
}

extension DescriptorOutput.Target {
  /// - Returns: `count`, or FFmpeg's code of an error.
  func write(_ bytes: UnsafeRawPointer, _ count: Int) -> Int32 {
    var written = 0
    while written < count {
      if interruption.request == .abort { return cff_error_exit() }
      var state = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      let ready = poll(&state, 1, 100)
      if ready == 0 { continue }
      // A pipe that poll calls writable takes PIPE_BUF bytes without blocking, not more.
      let result =
        ready < 0 ? -1 : Glibc.write(descriptor, bytes + written, min(count - written, 4096))
      if result >= 0 {
        written += result
      } else if errno != EINTR && errno != EAGAIN {
        return cff_error(errno)
      }
    }
    return Int32(count)
  }
}
