package import CFFmpeg

/// The size of a picture in pixels.
public struct PixelSize: Hashable, Sendable, CustomStringConvertible {
  /// Pixels in a row.
  public var width: Int
  /// Rows.
  public var height: Int

  /// Makes a size.
  public init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  /// `WIDTHxHEIGHT`
  public var description: String { "\(width)x\(height)" }
}

/// One picture: planes of pixels with their layout, time and aspect ratio.
///
/// Shared between the stages of the pipeline. Invariant that makes it safe to share: nobody writes
/// to the wrapped AVFrame or its buffers once it is inside a `VideoFrame`; whoever wants to draw
/// does so on a copy, through `copy(drawing:)`.
public final class VideoFrame: @unchecked Sendable {
  /// Owned; freed in deinit. Read only, see above.
  package let avFrame: UnsafeMutablePointer<AVFrame>
  /// When the picture is shown; nil if the source does not say.
  public let timestamp: Timestamp?

  /// Takes ownership of a frame that nobody else will write to.
  package init(owning avFrame: UnsafeMutablePointer<AVFrame>, timestamp: Timestamp?) {
    self.avFrame = avFrame
    self.timestamp = timestamp
  }

  deinit {
    var frame: UnsafeMutablePointer<AVFrame>? = avFrame
    av_frame_free(&frame)
  }

  /// The stored size in pixels.
  public var size: PixelSize {
    PixelSize(width: Int(avFrame.pointee.width), height: Int(avFrame.pointee.height))
  }

  /// Width to height of one stored pixel; 1/1 where the source does not say.
  public var sampleAspectRatio: Rational {
    let ratio = Rational(avFrame.pointee.sample_aspect_ratio)
    return ratio.isPositive ? ratio : Rational(1, 1)
  }

  package var pixelFormat: AVPixelFormat { AVPixelFormat(avFrame.pointee.format) }
}

extension VideoFrame {
  /// Makes an 8-bit gray picture.
  /// - Parameter fill: writes the rows, top to bottom, into the zeroed `plane`.
  public static func gray(
    size: PixelSize, sampleAspectRatio: Rational = Rational(1, 1), timestamp: Timestamp?,
    fill: (MutablePlane) -> Void
  ) throws(MediaError) -> VideoFrame {
    let frame = try allocate(size: size, format: AV_PIX_FMT_GRAY8)
    frame.pointee.sample_aspect_ratio = sampleAspectRatio.avRational
    frame.pointee.color_range = AVCOL_RANGE_JPEG
    let plane = MutablePlane(of: frame, 0, size: size, bytesPerSample: 1)
    memset(plane.base, 0, plane.bytesPerRow * size.height)
    fill(plane)
    return VideoFrame(owning: frame, timestamp: timestamp)
  }

  /// A copy of this picture, drawn on. Properties and time are kept.
  /// - Parameter draw: is lent the copy's planes: Y, then U and V for YUV.
  /// - Throws: `MediaError` (`unsupported`) if the pixels are not planar YUV or gray of 8 to 16 bits.
  public func copy(drawing draw: ([MutablePlane]) -> Void) throws(MediaError) -> VideoFrame {
    guard let layout else {
      throw MediaError(.unsupported, "frame", "cannot draw on pixel format \(pixelFormatName)")
    }
    let copy = try VideoFrame.allocate(size: size, format: pixelFormat)
    av_frame_copy(copy, avFrame)
    av_frame_copy_props(copy, avFrame)
    draw(layout.planes(of: copy, size: size))
    return VideoFrame(owning: copy, timestamp: timestamp)
  }

  /// Lends the planes for reading: Y, then U and V for YUV. They must not be written to.
  package func withPlanes<R>(_ body: ([MutablePlane]) -> R) throws(MediaError) -> R {
    guard let layout else {
      throw MediaError(.unsupported, "frame", "cannot read pixel format \(pixelFormatName)")
    }
    defer { withExtendedLifetime(self) {} }
    return body(layout.planes(of: avFrame, size: size))
  }

  static func allocate(
    size: PixelSize, format: AVPixelFormat
  ) throws(MediaError) -> UnsafeMutablePointer<AVFrame> {
    guard let frame = av_frame_alloc() else {
      throw MediaError(.unsupported, "frame", "out of memory")
    }
    frame.pointee.width = Int32(size.width)
    frame.pointee.height = Int32(size.height)
    frame.pointee.format = format.rawValue
    guard av_frame_get_buffer(frame, 0) >= 0 else {
      var frame: UnsafeMutablePointer<AVFrame>? = frame
      av_frame_free(&frame)
      throw MediaError(.unsupported, "frame", "no memory for \(size) pixels")
    }
    return frame
  }

  /// FFmpeg's name for how the pixels are stored, such as `yuv420p`.
  package var pixelFormatName: String {
    av_get_pix_fmt_name(pixelFormat).map { String(cString: $0) } ?? "unknown"
  }
}
