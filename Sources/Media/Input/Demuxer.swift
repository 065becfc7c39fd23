import CFFmpeg

/// Takes a container apart into the packets of its streams: an AVFormatContext.
struct Demuxer: ~Copyable {
  /// Names the input in errors.
  let location: String
  /// The video stream that is read; valid as long as the demuxer.
  let video: UnsafeMutablePointer<AVStream>
  /// Unit of the times of video packets.
  let timeBase: Rational
  /// The audio streams that can be copied, in the order of the container.
  let audio: [AudioStream]

  private let context: UnsafeMutablePointer<AVFormatContext>
  private let audioIndices: [Int32: AudioStream]
  private let pipe: PipeInput?
  // The context's interrupt callback holds an unretained reference to it.
  private let interruption: Interruption
  private var isExhausted = false
  private var failuresInARow = 0
  private var clockJumps = ClockJumpCorrection()

  /// Opens a container and finds out about its streams.
  /// - Parameters:
  ///   - source: what to open.
  ///   - readsAudio: whether packets of audio streams are wanted.
  ///   - refinesTimes: give coarse time bases more digits, so that times can be moved by fractions of a
  ///     tick.
  ///   - interruption: ends a read that is blocked.
  /// - Throws: `unreadable`, `noVideo`, `unsupported` or `interrupted`.
  init(
    _ source: InputSource, readsAudio: Bool, refinesTimes: Bool, interruption: Interruption
  ) throws(MediaError) {
    FFmpegLog.install()
    _ = FFmpegLog.takeLast()
    let context = try openContext(source, interruption: interruption)
    func close() {
      var context: UnsafeMutablePointer<AVFormatContext>? = context
      avformat_close_input(&context)
    }
    let result = avformat_find_stream_info(context, nil)
    guard result >= 0 else {
      close()
      throw openingError(result, source, interruption)
    }
    guard let video = findVideo(in: context) else {
      close()
      throw MediaError(.noVideo, source.location, "has no video stream")
    }
    var audioIndices: [Int32: AudioStream] = [:]
    var audio: [AudioStream] = []
    for index in 0..<Int(context.pointee.nb_streams) {
      guard let stream = context.pointee.streams[index], stream != video else { continue }
      if readsAudio, isCopyableAudio(stream.pointee.codecpar) {
        let description = AudioStream(
          index: audio.count, timeBase: unitOfTimes(of: stream, refined: refinesTimes),
          copying: stream.pointee.codecpar)
        audioIndices[stream.pointee.index] = description
        audio.append(description)
      } else {
        stream.pointee.discard = AVDISCARD_ALL
      }
    }
    self.context = context
    self.video = video
    self.audio = audio
    timeBase = unitOfTimes(of: video, refined: refinesTimes)
    self.audioIndices = audioIndices
    self.interruption = interruption
    pipe = source.pipe
    location = source.location
    FFmpegLog.watch(context)
  }

  deinit {
    FFmpegLog.unwatch(context)
    var context: UnsafeMutablePointer<AVFormatContext>? = context
    avformat_close_input(&context)
    withExtendedLifetime((pipe, interruption)) {}
  }

  /// The audio stream a packet belongs to; nil if it is a video packet.
  func audioStream(of packet: borrowing Packet) -> AudioStream? {
    audioIndices[packet.pointer.pointee.stream_index]
  }

  /// Reads the next packet of the video stream or of an audio stream; nil at the end.
  /// - Throws: `damaged` if bytes had to be skipped, or if the input breaks off; the next call
  ///   continues after the damage, or returns nil. `interrupted` if `Interruption` asks for it.
  mutating func next() throws(MediaError) -> Packet? {
    while !isExhausted {
      let packet = Packet()
      let result = av_read_frame(context, packet.pointer)
      if interruption.request != .none {
        throw MediaError(.interrupted, location, "reading was interrupted")
      }
      if result >= 0 {
        failuresInARow = 0
        let index = packet.pointer.pointee.stream_index
        guard index == video.pointee.index || audioIndices[index] != nil else { continue }
        correctTimes(of: packet)
        return packet
      }
      failuresInARow += 1
      isExhausted = result != cff_error_invalid_data() || failuresInARow > 100
      if result != cff_error_eof() {
        _ = FFmpegLog.takeLast(of: context)
        throw MediaError(.damaged, location, FFmpegLog.reason(result))
      }
    }
    return nil
  }

  private mutating func correctTimes(of packet: borrowing Packet) {
    let avPacket = packet.pointer
    guard let stream = context.pointee.streams[Int(avPacket.pointee.stream_index)] else { return }
    let timeBase = audioStream(of: packet)?.timeBase ?? timeBase
    packet.dropImplausibleTimes(timeBase: Rational(stream.pointee.time_base))
    av_packet_rescale_ts(avPacket, stream.pointee.time_base, timeBase.avRational)
    guard context.pointee.iformat.pointee.flags & AVFMT_TS_DISCONT != 0,
      avPacket.pointee.dts != cff_no_pts()
    else { return }
    let offset = clockJumps.correction(
      stream: avPacket.pointee.stream_index,
      time: Timestamp(avPacket.pointee.dts, timeBase: timeBase).value(in: .microseconds),
      duration: Timestamp(avPacket.pointee.duration, timeBase: timeBase).value(in: .microseconds))
    let ticks = Timestamp(offset, timeBase: .microseconds).value(in: timeBase)
    avPacket.pointee.dts += ticks
    if avPacket.pointee.pts != cff_no_pts() { avPacket.pointee.pts += ticks }
  }

  /// What the demuxer complained about since the previous call, though it went on reading.
  func takeComplaint() -> String? { FFmpegLog.takeLast(of: context) }
}

extension Demuxer {
  /// FFmpeg's short name of the container format, or several of them, separated by commas.
  var formatName: String { String(cString: context.pointee.iformat.pointee.name) }

  /// Whether the input can be read from another place than where it is.
  var isSeekable: Bool {
    guard let io = context.pointee.pb else { return true }
    return io.pointee.seekable & AVIO_SEEKABLE_NORMAL != 0
  }

  /// When the earliest stream starts, in microseconds; 0 if the container does not say.
  var startTime: Int64 {
    let time = context.pointee.start_time
    return Timestamp.isPlausible(time, timeBase: .microseconds) ? time : 0
  }

  /// The length of the video in seconds; nil if the container does not say.
  var duration: Double? {
    // A guess from the bit rate is worth nothing.
    guard context.pointee.duration_estimation_method != AVFMT_DURATION_FROM_BITRATE else {
      return nil
    }
    if video.pointee.duration != cff_no_pts(), video.pointee.duration > 0 {
      return Timestamp(
        video.pointee.duration, timeBase: Rational(video.pointee.time_base)
      ).seconds
    }
    guard context.pointee.duration != cff_no_pts(), context.pointee.duration > 0 else { return nil }
    return Double(context.pointee.duration) / Double(AV_TIME_BASE)
  }

  /// Whether a stream may begin anywhere, also with frames whose references are missing.
  var mayBeginAnywhere: Bool {
    context.pointee.iformat.pointee.flags & (AVFMT_TS_DISCONT | AVFMT_NOTIMESTAMPS) != 0
  }

  /// Frames per second; nil if the container does not say.
  var frameRate: Rational? {
    [video.pointee.avg_frame_rate, video.pointee.r_frame_rate].map { Rational($0) }
      .first { $0.isPositive }
  }

  /// The pixels' shape as the container, or else the decoder, has it.
  func sampleAspectRatio(of frame: borrowing RawFrame) -> Rational {
    Rational(av_guess_sample_aspect_ratio(context, video, frame.pointer))
  }
}

extension Demuxer {
  /// Goes to the last key frame at or before a time, or to the start of the input if there is none.
  /// Does nothing where it is not possible: the caller skips what it does not want anyway.
  /// - Parameter time: microseconds, counted like `startTime`.
  mutating func seek(before time: Int64) throws(MediaError) {
    guard isSeekable, context.pointee.iformat.pointee.flags & AVFMT_NOTIMESTAMPS == 0 else {
      return
    }
    // Some demuxers land near the time instead of before it, or between key frames: go back further
    // until a key frame in time is found. Decoding can begin a little before the start time.
    let earliest = startTime - 5_000_000
    var distance: Int64 = 0
    while true {
      let target = max(time - distance, earliest)
      try seekRoughly(target)
      let keyFrameTime = try nextKeyFrameTime()
      if target == earliest || keyFrameTime <= time {
        try seekRoughly(target)
        _ = takeComplaint()
        return
      }
      distance = max(distance * 4, 1_000_000)
    }
  }

  private mutating func seekRoughly(_ time: Int64) throws(MediaError) {
    let target = av_rescale_q_rnd(
      time, Rational.microseconds.avRational, video.pointee.time_base, AV_ROUND_DOWN)
    var result = av_seek_frame(context, video.pointee.index, target, AVSEEK_FLAG_BACKWARD)
    // There may be nothing before: then what comes first after it will do.
    if result < 0 { result = av_seek_frame(context, video.pointee.index, target, 0) }
    guard result >= 0 else {
      throw MediaError(.unreadable, location, "cannot seek: \(FFmpegLog.reason(result))")
    }
    isExhausted = false
    clockJumps = ClockJumpCorrection()
  }

  /// The time of the next key frame in microseconds; the largest number if none follows.
  private mutating func nextKeyFrameTime() throws(MediaError) -> Int64 {
    while true {
      do throws(MediaError) {
        guard let packet = try next() else { return .max }
        let avPacket = packet.pointer.pointee
        guard avPacket.stream_index == video.pointee.index, let time = packet.pointer.time,
          avPacket.flags & AV_PKT_FLAG_KEY != 0
        else { continue }
        return Timestamp(time, timeBase: timeBase).value(in: .microseconds)
      } catch {
        guard error.cause == .damaged else { throw error }
        continue
      }
    }
  }
}

private func openContext(
  _ source: InputSource, interruption: Interruption
) throws(MediaError) -> UnsafeMutablePointer<AVFormatContext> {
  var format: UnsafePointer<AVInputFormat>?
  if let name = source.format {
    format = av_find_input_format(name)
    guard format != nil else {
      throw MediaError(.unsupported, source.location, "this FFmpeg cannot read \(name)")
    }
  }
  var options: OpaquePointer?
  defer { av_dict_free(&options) }
  for (key, value) in source.options { av_dict_set(&options, key, value, 0) }
  var context = avformat_alloc_context()
  context?.pointee.interrupt_callback = AVIOInterruptCB(
    callback: { opaque in
      let interruption = Unmanaged<Interruption>.fromOpaque(opaque!).takeUnretainedValue()
      return interruption.request == .none ? 0 : 1
    }, opaque: Unmanaged.passUnretained(interruption).toOpaque())
  context?.pointee.pb = source.pipe?.io
  // On failure this frees the context.
  let result = avformat_open_input(&context, source.url, format, &options)
  guard result >= 0, let context else { throw openingError(result, source, interruption) }
  return context
}

private func openingError(
  _ result: Int32, _ source: InputSource, _ interruption: Interruption
) -> MediaError {
  if interruption.request != .none {
    return MediaError(.interrupted, source.location, "opening was interrupted")
  }
  if let pipe = source.pipe, pipe.byteCount == 0,
    result == cff_error_eof() || result == cff_error_invalid_data()
  {
    return MediaError(.unreadable, source.location, "is empty")
  }
  guard result == cff_error_invalid_data() || result == cff_error_eof() else {
    return MediaError(.unreadable, source.location, FFmpegLog.reason(result))
  }
  let detail = FFmpegLog.takeLast().map { " (\($0))" } ?? ""
  return MediaError(
    .unreadable, source.location, "is not a video, or its beginning is damaged\(detail)")
}

/// The best video stream that is not a cover picture.
private func findVideo(
  in context: UnsafeMutablePointer<AVFormatContext>
) -> UnsafeMutablePointer<AVStream>? {
  let streams = (0..<Int(context.pointee.nb_streams)).compactMap { context.pointee.streams[$0] }
  let best = av_find_best_stream(context, AVMEDIA_TYPE_VIDEO, -1, -1, nil, 0)
  let candidates = (best >= 0 ? [streams[Int(best)]] : []) + streams
  return candidates.first { stream in
    let parameters = stream.pointee.codecpar.pointee
    return parameters.codec_type == AVMEDIA_TYPE_VIDEO
      && stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC == 0
      && !textArtCodecs.contains(parameters.codec_id)
  }
}

/// Text that FFmpeg would draw as pictures: not what somebody means by a video.
private let textArtCodecs = [
  AV_CODEC_ID_ANSI, AV_CODEC_ID_BINTEXT, AV_CODEC_ID_XBIN, AV_CODEC_ID_IDF,
]

/// A muxer needs at least these parameters.
private func isCopyableAudio(_ parameters: UnsafePointer<AVCodecParameters>) -> Bool {
  parameters.pointee.codec_type == AVMEDIA_TYPE_AUDIO
    && parameters.pointee.codec_id != AV_CODEC_ID_NONE && parameters.pointee.sample_rate > 0
}

/// The unit in which a stream's times are given.
private func unitOfTimes(of stream: UnsafeMutablePointer<AVStream>, refined: Bool) -> Rational {
  var timeBase = Rational(stream.pointee.time_base)
  if refined, timeBase.doubleValue > 1e-4, timeBase.denominator < 1_000_000 {
    timeBase.denominator *= 1000
  }
  return timeBase
}
