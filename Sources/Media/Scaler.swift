import CFFmpeg

/// Scales frames to packed 8-bit RGB, placed on a canvas that is otherwise zero: what a network takes.
/// An SwsContext.
public struct Scaler: ~Copyable {
  /// Everything a conversion depends on.
  private struct Source: Equatable {
    var size: PixelSize
    var format: AVPixelFormat
    var matrix: ColorMatrix
    var isFullRange: Bool
  }

  /// Size of what is written, in pixels.
  public let canvas: PixelSize
  /// Size of the picture on it.
  public let picture: PixelSize
  /// Columns to the left of the picture, rows above it.
  public let offset: (x: Int, y: Int)

  private var context: OpaquePointer?
  private var source: Source?
  /// libswscale writes here, because it may write beyond the end of a row.
  private let scaled: RawFrame

  /// Makes a scaler.
  /// - Throws: `unsupported` if the picture does not fit on the canvas.
  public init(
    canvas: PixelSize, picture: PixelSize, offset: (x: Int, y: Int)
  ) throws(MediaError) {
    guard picture.width > 0, picture.height > 0, offset.x >= 0, offset.y >= 0,
      offset.x + picture.width <= canvas.width, offset.y + picture.height <= canvas.height
    else {
      throw MediaError(
        .unsupported, "scaler", "\(picture) at \(offset.x),\(offset.y) does not fit on \(canvas)")
    }
    FFmpegLog.install()
    let scaled = RawFrame()
    scaled.pointer.pointee.width = Int32(clamping: picture.width)
    scaled.pointer.pointee.height = Int32(clamping: picture.height)
    scaled.pointer.pointee.format = AV_PIX_FMT_RGB24.rawValue
    let result = av_frame_get_buffer(scaled.pointer, 0)
    guard result >= 0 else { throw MediaError(.unsupported, "scaler", FFmpegLog.reason(result)) }
    self.scaled = scaled
    self.canvas = canvas
    self.picture = picture
    self.offset = offset
  }

  deinit { sws_freeContext(context) }

  /// The number of bytes that a canvas takes.
  public var byteCount: Int { canvas.width * canvas.height * 3 }

  /// Scales one frame, bilinearly; where it shrinks, every source pixel counts by its area.
  /// Colours are converted by the frame's own matrix and range.
  /// - Parameter output: [canvas.height, canvas.width, 3] UInt8: R, G, B; at least `byteCount` bytes,
  ///   all of which are written.
  /// - Throws: `unsupported` if libswscale cannot read the frame's pixel format.
  public mutating func scale(
    _ frame: VideoFrame, into output: UnsafeMutableRawBufferPointer
  ) throws(MediaError) {
    precondition(output.count >= byteCount, "the canvas takes \(byteCount) bytes")
    try prepare(for: frame)
    let result = sws_scale_frame(context, scaled.pointer, frame.avFrame)
    guard result >= 0 else { throw MediaError(.unsupported, "scaler", FFmpegLog.reason(result)) }
    place(on: output.baseAddress!)
  }

  /// The same as an array of `byteCount` bytes.
  public mutating func pixels(of frame: VideoFrame) throws(MediaError) -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: byteCount) {
      (pixels, count) throws(MediaError) in
      try scale(frame, into: UnsafeMutableRawBufferPointer(pixels))
      count = byteCount
    }
  }

  private mutating func prepare(for frame: VideoFrame) throws(MediaError) {
    let source = Source(
      size: frame.size, format: frame.pixelFormat, matrix: frame.colorMatrix,
      isFullRange: frame.layout?.isFullRange
        ?? (frame.avFrame.pointee.color_range == AVCOL_RANGE_JPEG))
    if source == self.source { return }
    self.source = nil
    context = sws_getCachedContext(
      context, Int32(source.size.width), Int32(source.size.height), source.format,
      Int32(picture.width), Int32(picture.height), AV_PIX_FMT_RGB24,
      SWS_BILINEAR | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT, nil, nil, nil)
    guard context != nil else {
      throw MediaError(.unsupported, "scaler", "cannot scale these pixels: \(source.format)")
    }
    let one: Int32 = 1 << 16
    sws_setColorspaceDetails(
      context, sws_getCoefficients(source.matrix.swscale), source.isFullRange ? 1 : 0,
      sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, one, one)
    self.source = source
  }

  private func place(on canvasBase: UnsafeMutableRawPointer) {
    memset(canvasBase, 0, byteCount)
    guard let base = cff_frame_plane(scaled.pointer, 0) else { return }
    let stride = Int(cff_frame_stride(scaled.pointer, 0))
    for row in 0..<picture.height {
      memcpy(
        canvasBase + ((offset.y + row) * canvas.width + offset.x) * 3, base + row * stride,
        picture.width * 3)
    }
  }
}

extension ColorMatrix {
  fileprivate var swscale: Int32 {
    switch self {
    case .bt601: SWS_CS_ITU601
    case .bt709: SWS_CS_ITU709
    case .bt2020: SWS_CS_BT2020
    }
  }
}
