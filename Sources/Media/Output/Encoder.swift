import CFFmpeg
import Foundation

/// An encoder of pictures or sound: one AVCodecContext.
///
/// After each `send`, `receive` until it gives nil.
struct Encoder: ~Copyable {
  /// Owned.
  private let context: UnsafeMutablePointer<AVCodecContext>
  /// Owned; lent by `receive`.
  private let packet: UnsafeMutablePointer<AVPacket>
  private let location: String

  /// Opens an encoder.
  /// - Parameters:
  ///   - configure: sets what has no name as an option, such as size and time base.
  /// - Throws: `MediaError` (`unsupported`) if FFmpeg lacks the encoder or it refuses the settings.
  init(
    _ name: String, options: [String: String], location: String,
    configure: (UnsafeMutablePointer<AVCodecContext>) -> Void
  ) throws(MediaError) {
    guard let codec = avcodec_find_encoder_by_name(name) else {
      throw MediaError(.unsupported, location, "this FFmpeg has no encoder \(name)")
    }
    var opening = avcodec_alloc_context3(codec)
    var sharing = av_packet_alloc()
    guard let context = opening, let packet = sharing else {
      avcodec_free_context(&opening)
      av_packet_free(&sharing)
      throw MediaError(.unsupported, location, "out of memory")
    }
    configure(context)
    do throws(MediaError) {
      FFmpegLog.begin()
      let result = try withOptions(options, location) { avcodec_open2(context, codec, &$0) }
      if result < 0 {
        throw .codec(
          result, location, "cannot encode with \(name)", reason: FFmpegLog.reason(result))
      }
    } catch {
      avcodec_free_context(&opening)
      av_packet_free(&sharing)
      throw error
    }
    self.context = context
    self.packet = packet
    self.location = location
  }

  deinit {
    var context: UnsafeMutablePointer<AVCodecContext>? = context
    var packet: UnsafeMutablePointer<AVPacket>? = packet
    avcodec_free_context(&context)
    av_packet_free(&packet)
  }

  /// The unit of the times of frames and packets.
  var timeBase: AVRational { context.pointee.time_base }

  /// Samples per channel that a frame must have; 0 if any number will do.
  var samplesPerFrame: Int32 { context.pointee.frame_size }

  /// Describes the encoded stream.
  func copyParameters(to stream: UnsafeMutablePointer<AVStream>) -> Int32 {
    stream.pointee.avg_frame_rate = context.pointee.framerate
    stream.pointee.sample_aspect_ratio = context.pointee.sample_aspect_ratio
    return avcodec_parameters_from_context(stream.pointee.codecpar, context)
  }

  /// Encodes a frame, or with nil all that are still in the encoder.
  func send(_ frame: UnsafeMutablePointer<AVFrame>?) throws(MediaError) {
    FFmpegLog.begin()
    try check(avcodec_send_frame(context, frame))
  }

  /// The next packet, lent until the next call; nil if it takes another frame, or at the end.
  func receive() throws(MediaError) -> UnsafeMutablePointer<AVPacket>? {
    FFmpegLog.begin()
    let result = avcodec_receive_packet(context, packet)
    if result == cff_error(EAGAIN) || result == cff_error_eof() { return nil }
    try check(result)
    return packet
  }

  private func check(_ result: Int32) throws(MediaError) {
    guard result < 0 else { return }
    throw .codec(result, location, "cannot encode", reason: FFmpegLog.reason(result))
  }
}
