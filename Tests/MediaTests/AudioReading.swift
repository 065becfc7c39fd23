import CFFmpeg
import Foundation
import Media
import Testing

/// The audio packets of a file in the order in which they are stored, read with FFmpeg alone.
/// - Parameter delay: is added to their times, in seconds.
func audioPackets(
  of file: String, delay: Double = 0
) throws -> (streams: [AudioStream], packets: [AudioPacket]) {
  var context: UnsafeMutablePointer<AVFormatContext>?
  try #require(avformat_open_input(&context, file, nil, nil) >= 0)
  defer { avformat_close_input(&context) }
  try #require(avformat_find_stream_info(context, nil) >= 0)
  let input = try #require(context).pointee
  var streams: [Int32: AudioStream] = [:]
  for index in 0..<Int32(input.nb_streams) {
    let stream = input.streams[Int(index)]!.pointee
    if stream.codecpar.pointee.codec_type == AVMEDIA_TYPE_AUDIO {
      streams[index] = AudioStream(
        index: streams.count, timeBase: Rational(stream.time_base), copying: stream.codecpar)
    }
  }
  var packets: [AudioPacket] = []
  while true {
    let packet = av_packet_alloc()!
    guard av_read_frame(context, packet) >= 0 else {
      var packet: UnsafeMutablePointer<AVPacket>? = packet
      av_packet_free(&packet)
      break
    }
    if let stream = streams[packet.pointee.stream_index] {
      let ticks = Int64((delay / stream.timeBase.doubleValue).rounded())
      packet.pointee.pts += ticks
      packet.pointee.dts += ticks
      packets.append(AudioPacket(owning: packet, stream: stream))
    } else {
      var packet: UnsafeMutablePointer<AVPacket>? = packet
      av_packet_free(&packet)
    }
  }
  return (streams.values.sorted { $0.index < $1.index }, packets)
}

extension AudioPacket {
  /// The presentation time in seconds.
  var seconds: Double { Double(avPacket.pointee.pts) * stream.timeBase.doubleValue }
}
