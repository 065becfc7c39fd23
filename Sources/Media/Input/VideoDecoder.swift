import CFFmpeg

/// Turns compressed packets of one stream into frames: an AVCodecContext.
struct VideoDecoder: ~Copyable {
  /// What the decoder answers when asked for a frame.
  enum Received: ~Copyable {
    /// The next frame in order of presentation.
    case frame(RawFrame)
    /// Nothing before another packet is sent.
    case needsInput
    /// Nothing any more.
    case endOfStream
  }

  private let context: UnsafeMutablePointer<AVCodecContext>
  private let location: String

  /// Opens the decoder of a stream.
  /// - Parameters:
  ///   - parameters: the stream's; copied.
  ///   - timeBase: the unit of the packets' times.
  ///   - threads: 0 for one per core.
  ///   - lowDelay: give each picture as early as possible: threads work on the parts of one picture
  ///     only, since every one that works on another picture holds that back.
  ///   - isStill: whether packets are files, which are whole or damaged; cameras leave something out.
  ///   - location: names the input in errors.
  init(
    _ parameters: UnsafePointer<AVCodecParameters>, timeBase: Rational, threads: Int,
    lowDelay: Bool, isStill: Bool, location: String
  ) throws(MediaError) {
    let name = String(cString: avcodec_get_name(parameters.pointee.codec_id))
    guard let codec = avcodec_find_decoder(parameters.pointee.codec_id) else {
      let kind = parameters.pointee.codec_id == AV_CODEC_ID_NONE ? "this kind of" : name
      throw MediaError(.unreadable, location, "this FFmpeg has no decoder for \(kind) video")
    }
    FFmpegLog.install()
    var context = avcodec_alloc_context3(codec)
    avcodec_parameters_to_context(context, parameters)
    context?.pointee.pkt_timebase = timeBase.avRational
    context?.pointee.thread_count = Int32(clamping: threads)
    context?.pointee.thread_type = FF_THREAD_SLICE
    if lowDelay {
      context?.pointee.flags |= AV_CODEC_FLAG_LOW_DELAY
    } else {
      context?.pointee.thread_type |= FF_THREAD_FRAME
    }
    let result = avcodec_open2(context, codec, nil)
    guard result >= 0, let context else {
      avcodec_free_context(&context)
      throw MediaError(
        .unreadable, location, "cannot decode \(name) video: \(FFmpegLog.reason(result))")
    }
    self.context = context
    self.location = location
    context.pointee.opaque = UnsafeMutableRawPointer(context)
    let phrases = VideoDecoder.brokenPicturePhrases + (isStill ? ["EOI missing"] : [])
    FFmpegLog.watch(context, for: phrases)
  }

  deinit {
    FFmpegLog.unwatch(context)
    var context: UnsafeMutablePointer<AVCodecContext>? = context
    avcodec_free_context(&context)
  }

  /// Sends a packet; allowed after `receive` has asked for input.
  /// - Throws: `damaged` if the packet, or one before it, cannot be decoded.
  mutating func send(_ packet: borrowing Packet) throws(MediaError) {
    try check(avcodec_send_packet(context, packet.pointer))
  }

  /// Says that no packet will follow; the remaining frames can be received then.
  mutating func sendEnd() throws(MediaError) {
    try check(avcodec_send_packet(context, nil))
  }

  /// Takes the next frame.
  /// - Throws: `damaged` if a packet sent before cannot be decoded; the decoder can go on.
  mutating func receive() throws(MediaError) -> Received {
    let frame = RawFrame()
    let result = avcodec_receive_frame(context, frame.pointer)
    if result == cff_error(EAGAIN) { return .needsInput }
    if result == cff_error_eof() { return .endOfStream }
    try check(result)
    return .frame(frame)
  }

  /// FFmpeg's name of the pixel format of the latest frame.
  var pixelFormatName: String {
    av_get_pix_fmt_name(context.pointee.pix_fmt).map { String(cString: $0) } ?? "unknown"
  }

  /// What the decoder complained about since the previous call, though it went on decoding.
  func takeComplaint() -> String? { FFmpegLog.takeLast(of: context) }

  /// What decoders log about pictures that they deliver unmarked, although parts are missing: H.264 with
  /// several threads and MJPEG.
  private static let brokenPicturePhrases = ["error while decoding MB", "error y="]

  private func check(_ result: Int32) throws(MediaError) {
    if result < 0 {
      throw MediaError(.damaged, location, FFmpegLog.reason(result, of: context))
    }
  }
}
