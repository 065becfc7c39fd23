import CFFmpeg
import Foundation

/// The way of an audio stream into a container: as it is, or converted.
///
/// After each `send`, `receive` until it gives nil.
protocol AudioRoute: AnyObject {
  /// The unit of the times of the packets that come out.
  var timeBase: AVRational { get }
  /// Describes the stream that comes out.
  func copyParameters(to stream: UnsafeMutablePointer<AVStream>) -> Int32
  /// Takes the input's next packet, or nil at its end.
  func send(_ packet: AudioPacket?) throws(MediaError)
  /// The next packet for the container, lent until the next call; nil if more input is needed.
  func receive() throws(MediaError) -> UnsafeMutablePointer<AVPacket>?
}

extension OutputSettings.Container {
  /// Chooses how an audio stream gets into this container.
  /// - Returns: nil if it cannot; and what to tell the user unless the stream is simply copied.
  func route(
    _ stream: AudioStream, globalHeader: Bool, location: String
  ) throws(MediaError) -> (route: (any AudioRoute)?, warning: String?) {
    let name = "audio stream \(stream.index) (\(stream.codecName))"
    guard holdsAudio else { return (nil, "\(name) dropped: \(format) holds no sound") }
    if holds(stream.parameters.pointee.codec_id) {
      return (try AudioCopy(stream, globalHeader: globalHeader, location: location), nil)
    }
    do throws(MediaError) {
      let converter = try AudioConverter(stream, globalHeader: globalHeader, location: location)
      return (converter, "\(name) converted to aac, as \(format) cannot hold it")
    } catch {
      return (nil, "\(name) dropped, as \(format) cannot hold it: \(error.reason)")
    }
  }

  /// Whether packets of an audio codec can be copied into this container.
  private func holds(_ codec: AVCodecID) -> Bool {
    switch format {
    case "mpegts", "hls":
      // FFmpeg would also write codecs here that no player looks for.
      return [
        AV_CODEC_ID_AAC, AV_CODEC_ID_AAC_LATM, AV_CODEC_ID_MP1, AV_CODEC_ID_MP2, AV_CODEC_ID_MP3,
        AV_CODEC_ID_AC3, AV_CODEC_ID_EAC3, AV_CODEC_ID_DTS, AV_CODEC_ID_OPUS,
      ].contains(codec)
    case "flv":
      return [AV_CODEC_ID_AAC, AV_CODEC_ID_MP3].contains(codec)
    case "rtsp":
      return [AV_CODEC_ID_AAC, AV_CODEC_ID_MP3, AV_CODEC_ID_OPUS].contains(codec)
    case "mov" where [AV_CODEC_ID_TRUEHD, AV_CODEC_ID_FLAC, AV_CODEC_ID_OPUS].contains(codec):
      // The muxer has tags for these and still refuses them.
      return false
    default:
      return avformat_query_codec(
        av_guess_format(format, nil, nil), codec, FF_COMPLIANCE_NORMAL) == 1
    }
  }
}
