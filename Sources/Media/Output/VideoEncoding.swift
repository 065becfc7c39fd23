import CFFmpeg

/// An encoder of libavcodec and its options, by FFmpeg's names.
struct VideoEncoding: Sendable {
  let encoder: String
  var options: [String: String] = [:]
  /// The longest time between keyframes; nil leaves it to the encoder.
  var keyframeSeconds: Double?
  /// The pixel format, by FFmpeg's name, that pictures are converted to; nil keeps theirs.
  var pixelFormat: String?
  /// Whether width and height must be multiples of a chroma sample's.
  var needsWholeChroma = false

  /// Lossless, every frame on its own.
  static let ffv1 = VideoEncoding(
    encoder: "ffv1", options: ["level": "3", "g": "1", "threads": "1"])
  /// Masks are so simple that stronger compression would cost time and gain little.
  static let png = VideoEncoding(
    encoder: "png", options: ["compression_level": "1", "threads": "1"])
  /// Pictures as bytes, rows without padding.
  static let raw = VideoEncoding(encoder: "rawvideo")
  /// Pictures handed on as they are, for muxers that write rows themselves.
  static let frames = VideoEncoding(encoder: "wrapped_avframe")
}

extension Encoder {
  /// Opens a video encoder for pictures like `frame`.
  init(
    _ encoding: VideoEncoding, for frame: VideoFrame, timeBase: Rational, frameRate: Rational,
    globalHeader: Bool, location: String
  ) throws(MediaError) {
    let picture = frame.avFrame.pointee
    try self.init(encoding.encoder, options: encoding.options, location: location) { encoder in
      encoder.pointee.width = picture.width
      encoder.pointee.height = picture.height
      encoder.pointee.pix_fmt = frame.pixelFormat
      encoder.pointee.sample_aspect_ratio = frame.sampleAspectRatio.avRational
      encoder.pointee.color_range =
        frame.layout?.isFullRange == true ? AVCOL_RANGE_JPEG : picture.color_range
      encoder.pointee.colorspace = picture.colorspace
      encoder.pointee.color_primaries = picture.color_primaries
      encoder.pointee.color_trc = picture.color_trc
      encoder.pointee.chroma_sample_location = picture.chroma_location
      encoder.pointee.time_base = timeBase.avRational
      if frameRate.isPositive {
        encoder.pointee.framerate = frameRate.avRational
        if let seconds = encoding.keyframeSeconds {
          encoder.pointee.gop_size = max(1, Int32((seconds * frameRate.doubleValue).rounded()))
        }
      }
      if globalHeader { encoder.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER }
    }
    withExtendedLifetime(frame) {}
  }
}
