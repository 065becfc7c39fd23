import CFFmpeg
import Glibc

/// Where a video's clock jumped.
struct ClockJump {
  /// By how much: forwards, or backwards if negative.
  let seconds: Double
  /// The corrected time of the first packet after it, in ticks; nil if it has none.
  let time: Int64?
}

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
  /// Whether pictures come at their own pace and wait for nobody.
  let isLive: Bool
  /// Whether they come many at once, with pauses between.
  let comesInSegments: Bool

  private let context: UnsafeMutablePointer<AVFormatContext>
  private let audioIndices: [Int32: AudioStream]
  private let pipe: PipeInput?
  // The context's interrupt callback holds an unretained reference to it.
  private let watchdog: Watchdog
  private var isExhausted = false
  private var failuresInARow = 0
  private var clockJumps = ClockJumpCorrection()
  private var clockJump: ClockJump?

  /// Opens a container and finds out about its streams.
  /// - Parameters:
  ///   - source: what to open.
  ///   - readsAudio: whether packets of audio streams are wanted.
  ///   - refinesTimes: give coarse time bases more digits, so that times can be moved by fractions of a
  ///     tick.
  ///   - watchdog: ends what is blocked for too long.
  /// - Throws: `unreadable`, `noVideo`, `unsupported`, `stalled` or `interrupted`.
  init(
    _ source: InputSource, readsAudio: Bool, refinesTimes: Bool, watchdog: Watchdog
  ) throws(MediaError) {
    FFmpegLog.install()
    FFmpegLog.begin()
    let context = try openContext(source, watchdog: watchdog)
    guard let video = findVideo(in: context) else {
      var context: UnsafeMutablePointer<AVFormatContext>? = context
      avformat_close_input(&context)
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
    self.watchdog = watchdog
    isLive = isLiveSource(context, source.delivery)
    comesInSegments = isInSegments(context)
    pipe = source.pipe
    location = source.location
    FFmpegLog.watch(context)
  }

  deinit {
    FFmpegLog.unwatch(context)
    var context: UnsafeMutablePointer<AVFormatContext>? = context
    avformat_close_input(&context)
    withExtendedLifetime((pipe, watchdog)) {}
  }

  /// The audio stream a packet belongs to; nil if it is a video packet.
  func audioStream(of packet: borrowing Packet) -> AudioStream? {
    audioIndices[packet.pointer.pointee.stream_index]
  }

  /// Reads the next packet of the video stream or of an audio stream; nil at the end.
  /// - Throws: `damaged` if bytes had to be skipped, or if the input breaks off; the next call
  ///   continues after the damage, or returns nil. `lost` if a live input breaks off. `interrupted` or
  ///   `stalled` if the watchdog says so.
  mutating func next() throws(MediaError) -> Packet? {
    // Of a live source pictures are waited for, whatever else comes.
    if isLive { watchdog.resume() } else { watchdog.restart() }
    defer { watchdog.rest() }
    while !isExhausted {
      let packet = Packet()
      FFmpegLog.begin()
      let result = av_read_frame(context, packet.pointer)
      if watchdog.givesUp, let error = watchdog.error(.reading, location: location) { throw error }
      if result == cff_error(EAGAIN) {
        // A camera that has no picture yet. libavformat does not lend its descriptor for poll().
        usleep(1000)
        continue
      }
      if result >= 0 {
        let index = packet.pointer.pointee.stream_index
        if !isLive || index == video.pointee.index { watchdog.restart() }
        failuresInARow = 0
        guard index == video.pointee.index || audioIndices[index] != nil else { continue }
        correctTimes(of: packet)
        return packet
      }
      failuresInARow += 1
      isExhausted = result != cff_error_invalid_data() || failuresInARow > 100
      if result != cff_error_eof() {
        _ = FFmpegLog.takeLast(of: context)
        if isLive, isExhausted {
          throw MediaError(.lost, location, "was lost: \(FFmpegLog.reason(result))")
        }
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
    guard isLive || context.pointee.iformat.pointee.flags & AVFMT_TS_DISCONT != 0,
      avPacket.pointee.dts != cff_no_pts()
    else { return }
    let correction = clockJumps.correction(
      stream: avPacket.pointee.stream_index,
      time: Timestamp(avPacket.pointee.dts, timeBase: timeBase).value(in: .microseconds),
      duration: Timestamp(avPacket.pointee.duration, timeBase: timeBase).value(in: .microseconds))
    let ticks = Timestamp(correction.offset, timeBase: .microseconds).value(in: timeBase)
    avPacket.pointee.dts &+= ticks
    if avPacket.pointee.pts != cff_no_pts() { avPacket.pointee.pts &+= ticks }
    packet.dropImplausibleTimes(timeBase: timeBase)
    if correction.jump != 0, avPacket.pointee.stream_index == video.pointee.index {
      clockJump = ClockJump(seconds: Double(correction.jump) / 1e6, time: avPacket.time)
    }
  }

  /// The last jump of the video's clock since the previous call; nil if there was none.
  mutating func takeClockJump() -> ClockJump? { clockJump.take() }

  /// What the demuxer complained about since the previous call, though it went on reading.
  func takeComplaint() -> String? { FFmpegLog.takeLast(of: context) }
}

extension Demuxer {
  /// FFmpeg's short name of the container format, or several of them, separated by commas.
  var formatName: String { String(cString: context.pointee.iformat.pointee.name) }

  /// Whether the input can be read from another place than where it is.
  var isSeekable: Bool {
    guard let io = context.pointee.pb else { return !isLive }
    return io.pointee.seekable & AVIO_SEEKABLE_NORMAL != 0
  }

  /// When the earliest stream starts, in microseconds; nil if the container does not say.
  var startTime: Int64? {
    let time = context.pointee.start_time
    return Timestamp.isPlausible(time, timeBase: .microseconds) ? time : nil
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

  /// The pixels' shape as the container, or else the decoder, has it; unknown where it is beyond what
  /// any camera or disc has, since one damaged number could ask for pictures of gigabytes.
  func sampleAspectRatio(of frame: borrowing RawFrame) -> Rational {
    let ratio = Rational(av_guess_sample_aspect_ratio(context, video, frame.pointer))
    return ratio.isPositive && !(0.1...10).contains(ratio.doubleValue) ? Rational(0, 1) : ratio
  }
}

extension Demuxer {
  /// Goes to the last key frame at or before a time, or to the start of the input if there is none.
  /// Does nothing where it is not possible: the caller skips what it does not want anyway.
  /// - Parameter time: microseconds on the container's clock.
  mutating func seek(before time: Int64) throws(MediaError) {
    guard isSeekable, context.pointee.iformat.pointee.flags & AVFMT_NOTIMESTAMPS == 0 else {
      return
    }
    // Some demuxers land near the time instead of before it, or between key frames: go back further
    // until a key frame in time is found. Decoding can begin a little before the start time.
    let earliest = (startTime ?? 0) - 5_000_000
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
    clockJump = nil
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
