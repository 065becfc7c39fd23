import CFFmpeg
import Foundation

/// Hands on packets as they are, through one AVBSFContext.
final class AudioCopy: AudioRoute {
  /// Owned.
  private let filter: UnsafeMutablePointer<AVBSFContext>
  /// Owned; lent by `receive`.
  private let packet: UnsafeMutablePointer<AVPacket>

  /// - Parameter globalHeader: whether the container wants decoder parameters in its header.
  init(_ stream: AudioStream, globalHeader: Bool, location: String) throws(MediaError) {
    let parameters = stream.parameters.pointee
    // AAC from transport streams has its parameters in each packet.
    let carriesHeaders =
      parameters.codec_id == AV_CODEC_ID_AAC && parameters.extradata_size == 0
    let name = globalHeader && carriesHeaders ? "aac_adtstoasc" : "null"
    var sharing = av_packet_alloc()
    var opening: UnsafeMutablePointer<AVBSFContext>?
    var result = av_bsf_list_parse_str(name, &opening)
    if let opening {
      opening.pointee.time_base_in = stream.timeBase.avRational
      avcodec_parameters_copy(opening.pointee.par_in, stream.parameters)
      result = av_bsf_init(opening)
    }
    guard let filter = opening, let packet = sharing, result >= 0 else {
      av_bsf_free(&opening)
      av_packet_free(&sharing)
      throw .codec(result, location, "cannot copy audio stream \(stream.index)")
    }
    self.filter = filter
    self.packet = packet
  }

  deinit {
    var filter: UnsafeMutablePointer<AVBSFContext>? = filter
    var packet: UnsafeMutablePointer<AVPacket>? = packet
    av_bsf_free(&filter)
    av_packet_free(&packet)
  }

  var timeBase: AVRational { filter.pointee.time_base_out }

  func copyParameters(to stream: UnsafeMutablePointer<AVStream>) -> Int32 {
    let result = avcodec_parameters_copy(stream.pointee.codecpar, filter.pointee.par_out)
    // Each container has tags of its own.
    stream.pointee.codecpar.pointee.codec_tag = 0
    return result
  }

  func send(_ packet: AudioPacket?) throws(MediaError) {
    guard let packet else { return }
    av_packet_unref(self.packet)
    if av_packet_ref(self.packet, packet.avPacket) >= 0 {
      av_bsf_send_packet(filter, self.packet)
    }
  }

  /// Packets that are damaged so that their headers cannot be read are left out.
  func receive() throws(MediaError) -> UnsafeMutablePointer<AVPacket>? {
    av_bsf_receive_packet(filter, packet) >= 0 ? packet : nil
  }
}
