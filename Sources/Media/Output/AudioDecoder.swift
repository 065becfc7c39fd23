import CFFmpeg

/// A decoder of sound: one AVCodecContext.
struct AudioDecoder: ~Copyable {
  let location: String
  /// Owned.
  private let context: UnsafeMutablePointer<AVCodecContext>
  /// Owned; lent by `receive`.
  private let frame: UnsafeMutablePointer<AVFrame>

  /// - Throws: `MediaError` (`unsupported`) if FFmpeg cannot decode the stream.
  init(_ stream: AudioStream, location: String) throws(MediaError) {
    guard let codec = avcodec_find_decoder(stream.parameters.pointee.codec_id) else {
      throw MediaError(.unsupported, location, "FFmpeg cannot decode it")
    }
    var opening = avcodec_alloc_context3(codec)
    var sharing = av_frame_alloc()
    guard let context = opening, let frame = sharing else {
      avcodec_free_context(&opening)
      av_frame_free(&sharing)
      throw MediaError(.unsupported, location, "out of memory")
    }
    avcodec_parameters_to_context(context, stream.parameters)
    context.pointee.pkt_timebase = stream.timeBase.avRational
    let result = avcodec_open2(context, codec, nil)
    if result < 0 {
      avcodec_free_context(&opening)
      av_frame_free(&sharing)
      throw .codec(result, location, "FFmpeg cannot decode it")
    }
    self.context = context
    self.frame = frame
    self.location = location
  }

  deinit {
    var context: UnsafeMutablePointer<AVCodecContext>? = context
    var frame: UnsafeMutablePointer<AVFrame>? = frame
    avcodec_free_context(&context)
    av_frame_free(&frame)
  }

  /// The unit of the times of frames.
  var timeBase: AVRational { context.pointee.pkt_timebase }

  /// Decodes a packet, or with nil what is still in the decoder; a damaged one gives no frames.
  func send(_ packet: AudioPacket?) {
    avcodec_send_packet(context, packet?.avPacket)
    withExtendedLifetime(packet) {}
  }

  /// The next frame, lent until the next call; nil if more packets are needed.
  func receive() -> UnsafeMutablePointer<AVFrame>? {
    avcodec_receive_frame(context, frame) >= 0 ? frame : nil
  }
}
