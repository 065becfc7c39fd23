import CFFmpeg

/// A file descriptor as FFmpeg's output: never sought.
struct DescriptorOutput: ~Copyable {
  /// Owned, with its buffer.
  let context: UnsafeMutablePointer<AVIOContext>
  private let writer: DescriptorWriter

  init(_ writer: DescriptorWriter, location: String) throws(MediaError) {
    let size = 1 << 16
    let context = avio_alloc_context(
      av_malloc(size)?.assumingMemoryBound(to: UInt8.self), Int32(size), 1,
      Unmanaged.passUnretained(writer).toOpaque(), nil,
      { opaque, bytes, count in
        guard let opaque, let bytes else { return cff_error(EINVAL) }
        let writer = Unmanaged<DescriptorWriter>.fromOpaque(opaque).takeUnretainedValue()
        let result = writer.write(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
        return result < 0 ? result : count
      }, nil)
    guard let context else { throw MediaError(.unwritable, location, "out of memory") }
    context.pointee.seekable = 0
    self.context = context
    self.writer = writer
  }

  deinit {
    av_freep(&context.pointee.buffer)
    var context: UnsafeMutablePointer<AVIOContext>? = context
    avio_context_free(&context)
  }
}
