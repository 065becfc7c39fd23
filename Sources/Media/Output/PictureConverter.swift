import CFFmpeg

/// Converts pictures to another pixel format, of studio range: an SwsContext.
struct PictureConverter: ~Copyable {
  /// Everything a conversion depends on.
  private struct Conversion: Equatable {
    var size: PixelSize
    var sourceFormat, targetFormat: AVPixelFormat
    var isFullRange: Bool
  }

  private var context: OpaquePointer?
  private var conversion: Conversion?
  private let location: String

  /// - Parameter location: names the output in errors.
  init(location: String) { self.location = location }

  deinit { sws_freeContext(context) }

  /// A copy of `frame`; its properties and time are kept.
  /// - Throws: `MediaError` (`unsupported`) if libswscale knows no way.
  mutating func convert(
    _ frame: VideoFrame, to format: AVPixelFormat
  ) throws(MediaError) -> VideoFrame {
    let conversion = Conversion(
      size: frame.size, sourceFormat: frame.pixelFormat, targetFormat: format,
      isFullRange: frame.layout?.isFullRange ?? false)
    if conversion != self.conversion { try prepare(conversion) }
    let copy = try VideoFrame.allocate(size: frame.size, format: format)
    av_frame_copy_props(copy, frame.avFrame)
    copy.pointee.color_range = AVCOL_RANGE_MPEG
    let result = VideoFrame(owning: copy, timestamp: frame.timestamp)
    let code = sws_scale_frame(context, copy, frame.avFrame)
    if code < 0 { throw .codec(code, location, "cannot convert pictures") }
    return result
  }

  private mutating func prepare(_ conversion: Conversion) throws(MediaError) {
    sws_freeContext(context)
    self.conversion = nil
    context = sws_alloc_context()
    let options: [(String, Int)] = [
      ("srcw", conversion.size.width), ("srch", conversion.size.height),
      ("src_format", Int(conversion.sourceFormat.rawValue)),
      ("src_range", conversion.isFullRange ? 1 : 0),
      ("dstw", conversion.size.width), ("dsth", conversion.size.height),
      ("dst_format", Int(conversion.targetFormat.rawValue)), ("dst_range", 0),
      ("sws_flags", Int(SWS_BICUBIC | SWS_ACCURATE_RND)),
    ]
    for (name, value) in options {
      av_opt_set_int(UnsafeMutableRawPointer(context), name, Int64(value), 0)
    }
    let code = sws_init_context(context, nil, nil)
    if code < 0 { throw .codec(code, location, "cannot convert pictures") }
    self.conversion = conversion
  }
}
