package import CFFmpeg

/// An audio stream of an input: what a muxer must know to copy it.
///
/// Invariant that makes it safe to share: the wrapped parameters are not written after `init`.
public final class AudioStream: @unchecked Sendable {
  /// The place among the input's audio streams, from 0.
  public let index: Int
  /// The unit of its packets' times.
  public let timeBase: Rational
  /// Owned.
  package let parameters: UnsafeMutablePointer<AVCodecParameters>

  /// Copies the parameters of a demuxer's stream.
  package init(index: Int, timeBase: Rational, copying source: UnsafePointer<AVCodecParameters>) {
    self.index = index
    self.timeBase = timeBase
    parameters = avcodec_parameters_alloc()
    avcodec_parameters_copy(parameters, source)
  }

  deinit {
    var parameters: UnsafeMutablePointer<AVCodecParameters>? = parameters
    avcodec_parameters_free(&parameters)
  }

  /// The codec's short name, such as `aac`.
  public var codecName: String { String(cString: avcodec_get_name(parameters.pointee.codec_id)) }
  /// Samples per second.
  public var sampleRate: Int { Int(parameters.pointee.sample_rate) }
  /// 1 for mono, 2 for stereo.
  public var channelCount: Int { Int(parameters.pointee.ch_layout.nb_channels) }
}

/// One compressed audio packet on its way from the demuxer to the muxer.
///
/// Invariant that makes it safe to share: the wrapped packet is not written to; a muxer works on a
/// reference of its own.
public final class AudioPacket: @unchecked Sendable {
  /// The stream it belongs to; times are in that stream's time base.
  public let stream: AudioStream
  /// Owned. pts and dts count from the start of the video that is read, as those of frames do.
  package let avPacket: UnsafeMutablePointer<AVPacket>

  /// When it begins, counted from the start of what is read; below 0 for a codec's own priming.
  public var timestamp: Timestamp { Timestamp(avPacket.pointee.pts, timeBase: stream.timeBase) }

  /// Takes ownership of a packet.
  package init(owning avPacket: UnsafeMutablePointer<AVPacket>, stream: AudioStream) {
    self.avPacket = avPacket
    self.stream = stream
  }

  deinit {
    var packet: UnsafeMutablePointer<AVPacket>? = avPacket
    av_packet_free(&packet)
  }
}
