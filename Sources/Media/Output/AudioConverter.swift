import CFFmpeg

/// Turns an audio stream into AAC: decodes, resamples, encodes. Damaged sound is skipped.
final class AudioConverter: AudioRoute {
  private let decoder: AudioDecoder
  private let encoder: Encoder
  private let target: AudioFilter.Target
  private var filter: AudioFilter?
  /// When the next frame begins if there is no gap, in the decoder's time base.
  private var expected: Int64?
  private var isDraining = false

  /// AAC's sampling frequencies in Hz (ISO 14496-3, table 1.18).
  private static let sampleRates: [Int32] = [
    7350, 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000,
  ]
  private static let bitRatePerChannel = 96_000

  /// - Throws: `MediaError` (`unsupported`) if it cannot be decoded or AAC lacks its channels.
  init(_ stream: AudioStream, globalHeader: Bool, location: String) throws(MediaError) {
    decoder = try AudioDecoder(stream, location: location)
    let source = stream.parameters.pointee
    let sampleRate = AudioConverter.sampleRates.first { $0 >= source.sample_rate } ?? 96000
    let layout = AudioFilter.layoutName(&stream.parameters.pointee.ch_layout)
    let bitRate = AudioConverter.bitRatePerChannel * Int(source.ch_layout.nb_channels)
    encoder = try Encoder("aac", options: ["b": "\(bitRate)"], location: location) { encoder in
      encoder.pointee.sample_fmt = AV_SAMPLE_FMT_FLTP
      encoder.pointee.sample_rate = sampleRate
      av_channel_layout_from_string(&encoder.pointee.ch_layout, layout)
      encoder.pointee.time_base = AVRational(num: 1, den: sampleRate)
      if globalHeader { encoder.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER }
    }
    target = AudioFilter.Target(
      sampleFormat: AV_SAMPLE_FMT_FLTP, sampleRate: sampleRate, channelLayout: layout,
      samplesPerFrame: encoder.samplesPerFrame)
  }

  var timeBase: AVRational { encoder.timeBase }

  func copyParameters(to stream: UnsafeMutablePointer<AVStream>) -> Int32 {
    encoder.copyParameters(to: stream)
  }

  func send(_ packet: AudioPacket?) throws(MediaError) {
    decoder.send(packet)
    while let frame = decoder.receive() {
      if filter?.accepts(frame) != true || isAfterGap(frame) {
        // What an earlier filter still holds, less than a frame, is lost.
        filter = try AudioFilter(
          for: frame, timeBase: decoder.timeBase, target: target, location: location)
      }
      try filter?.send(frame)
    }
    if packet == nil { try filter?.send(nil) }
  }

  /// Whether a frame comes more than a second after the end of the last one. A filter would make all of
  /// that silence at once, hours of it after an outage.
  private func isAfterGap(_ frame: UnsafeMutablePointer<AVFrame>) -> Bool {
    let time = frame.pointee.best_effort_timestamp
    guard time != cff_no_pts() else { return false }
    defer {
      let length = av_rescale_q(
        Int64(frame.pointee.nb_samples), AVRational(num: 1, den: frame.pointee.sample_rate),
        decoder.timeBase)
      expected = time &+ length
    }
    guard let expected else { return false }
    return Timestamp(time &- expected, timeBase: Rational(decoder.timeBase)).seconds > 1
  }

  func receive() throws(MediaError) -> UnsafeMutablePointer<AVPacket>? {
    while true {
      if let packet = try encoder.receive() { return packet }
      if isDraining { return nil }
      switch try filter?.receive() {
      case .frame(let frame):
        try encoder.send(frame)
      case .end:
        isDraining = true
        try encoder.send(nil)
      case .needsInput, nil:
        return nil
      }
    }
  }

  private var location: String { decoder.location }
}
