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
    if holds(stream.parameters.pointee) {
      // HLS is made of transport streams, which want AAC as they have it; NUT takes it too, and has
      // written its header when the first packet comes.
      let isStripped = globalHeader && !["hls", "nut"].contains(format)
      return (try AudioCopy(stream, globalHeader: isStripped, location: location), nil)
    }
    do throws(MediaError) {
      let converter = try AudioConverter(stream, globalHeader: globalHeader, location: location)
      let isAAC = stream.parameters.pointee.codec_id == AV_CODEC_ID_AAC
      let change = isAAC ? "encoded anew" : "converted to aac"
      return (converter, "\(name) \(change), as \(format) cannot hold it")
    } catch {
      return (nil, "\(name) dropped, as \(format) cannot hold it: \(error.reason)")
    }
  }

  /// Whether packets of an audio stream can be copied into this container.
  private func holds(_ parameters: AVCodecParameters) -> Bool {
    let codec = parameters.codec_id
    switch format {
    case "mpegts", "hls":
      // FFmpeg would also write codecs here that no player looks for.
      return [
        AV_CODEC_ID_AAC, AV_CODEC_ID_AAC_LATM, AV_CODEC_ID_MP1, AV_CODEC_ID_MP2, AV_CODEC_ID_MP3,
        AV_CODEC_ID_AC3, AV_CODEC_ID_EAC3, AV_CODEC_ID_DTS, AV_CODEC_ID_OPUS,
      ].contains(codec)
    case "flv":
      return [AV_CODEC_ID_AAC, AV_CODEC_ID_MP3].contains(codec)
    case "rtsp" where codec == AV_CODEC_ID_AAC:
      // What is in each packet of a transport stream would have to be told before the first one.
      return parameters.extradata_size > 0
    case "rtsp":
      return [AV_CODEC_ID_MP3, AV_CODEC_ID_OPUS].contains(codec)
    case "mov" where [AV_CODEC_ID_TRUEHD, AV_CODEC_ID_FLAC, AV_CODEC_ID_OPUS].contains(codec):
      // The muxer has tags for these and still refuses them.
      return false
    default:
      return avformat_query_codec(
        av_guess_format(format, nil, nil), codec, FF_COMPLIANCE_NORMAL) == 1
    }
  }
}
