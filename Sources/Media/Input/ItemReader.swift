import CFFmpeg

/// Demuxes, decodes and filters: what `MediaReader` does once an input is open.
struct ItemReader: ~Copyable {
  /// Where the packets come from.
  private(set) var packets: PacketReader
  /// How the latest frame was turned.
  private(set) var orientation = Orientation.upright

  private var damage = DamageReport()
  /// Whether problems before the first frame are normal: recordings of broadcasts begin anywhere, and
  /// so does decoding after a seek.
  private let toleratesBeginning: Bool
  private var decoder: VideoDecoder
  private var filter: FrameFilter
  private var clock: PresentationClock
  private var window: ReadingWindow
  /// Whether there are pictures after the window.
  private(set) var hasReadWindow = false
  /// Why reading ended before the input did.
  private(set) var loss: MediaError?

  /// The decoded form of the latest picture.
  private var storedForm: StoredForm?
  private var position: Timestamp?
  private var clockJump: ClockJump?
  /// Between the last picture and the next.
  private var discontinuity: Discontinuity?
  /// The picture after a discontinuity that has just been told.
  private var held: VideoFrame?

  private var hasDelivered = false
  private var videoHasEnded = false
  private var isDraining = false
  private var endedAudio: Set<Int> = []

  private struct StoredForm: Equatable {
    let width, height, format: Int32
  }

  /// - Parameter shape: what pictures become; that of the first one if nil.
  init(
    _ input: MediaInput, options: InputOptions, shape: PictureShape?, interruption: Interruption
  ) throws(MediaError) {
    var packets = try PacketReader(input, options: options, interruption: interruption)
    let start = options.start ?? 0
    if start > 0 { try packets.seek(to: Int64((start * 1e6).rounded())) }
    decoder = try VideoDecoder(
      packets.demuxer.video.pointee.codecpar, timeBase: packets.timeBase,
      threads: options.threads, lowDelay: packets.demuxer.isLive,
      isStill: packets.areImages, location: input.location)
    filter = FrameFilter(shape: shape, location: input.location)
    clock = PresentationClock(timeBase: packets.timeBase, frameRate: packets.frameRate)
    window = ReadingWindow(
      startTime: packets.startTime, start: options.start, duration: options.duration)
    toleratesBeginning = start > 0 || packets.demuxer.mayBeginAnywhere
    self.packets = packets
  }

  /// What is delivered; settled by the first frame.
  var shape: PictureShape? { filter.shape }

  /// FFmpeg's name of the pixel format as it is decoded.
  var pixelFormatName: String { decoder.pixelFormatName }

  /// The next frame or audio packet of the window; nil at the end.
  mutating func next() throws(MediaError) -> MediaItem? {
    if let frame = held.take() { return .video(frame) }
    while true {
      if let frame = try nextFrame() {
        guard let reason = discontinuity.take() else { return .video(frame) }
        held = frame
        return .discontinuity(reason)
      }
      if videoHasEnded, endedAudio.count == packets.demuxer.audio.count { return nil }
      guard let packet = try nextPacket() else {
        if isDraining { return nil }
        isDraining = true
        sendEnd()
        continue
      }
      if let stream = packets.demuxer.audioStream(of: packet) {
        if let packet = accept(packet, of: stream) { return .audio(packet) }
      } else if !videoHasEnded {
        send(packet)
      } else if isLongAfterWindow(packet) {
        return nil
      }
    }
  }

  /// Everything up to the first picture; all there is if there is none.
  mutating func nextUpToPicture() throws(MediaError) -> (items: [MediaItem], picture: VideoFrame?) {
    var items: [MediaItem] = []
    while let item = try next() {
      items.append(item)
      if case .video(let picture) = item { return (items, picture) }
    }
    return (items, nil)
  }

  /// What could not be read or decoded so far.
  mutating func damageSoFar() -> DamageReport {
    for complaint in [packets.demuxer.takeComplaint(), decoder.takeComplaint()] {
      if let complaint { damage.note(complaint) }
    }
    return damage
  }

  private mutating func nextPacket() throws(MediaError) -> Packet? {
    while true {
      do throws(MediaError) {
        return try packets.next()
      } catch {
        switch error.cause {
        case .damaged: damage.note(error.reason)
        case .stalled, .lost:
          // What the decoder still holds comes first.
          loss = error
          return nil
        default: throw error
        }
      }
    }
  }
}

// MARK: - Video

extension ItemReader {
  /// The next frame that the decoder has ready and that lies in the window.
  private mutating func nextFrame() throws(MediaError) -> VideoFrame? {
    while !videoHasEnded {
      do throws(MediaError) {
        switch try decoder.receive() {
        case .frame(let frame):
          if let frame = try accept(frame) { return frame }
        case .needsInput:
          return nil
        case .endOfStream:
          videoHasEnded = true
        }
      } catch {
        guard error.cause == .damaged else { throw error }
        damage.note(error.reason)
      }
    }
    return nil
  }

  private mutating func send(_ packet: borrowing Packet) {
    // A frame that was left out when the video was made. To the decoder it would mean the end.
    if packet.pointer.pointee.size == 0 { return }
    if let jump = packets.takeClockJump() { clockJump = jump }
    // Flagged by the demuxer: bytes are missing.
    if packet.pointer.pointee.flags & AV_PKT_FLAG_CORRUPT != 0 { damage.note("incomplete data") }
    do throws(MediaError) { try decoder.send(packet) } catch { damage.note(error.reason) }
  }

  private mutating func sendEnd() {
    do throws(MediaError) { try decoder.sendEnd() } catch { damage.note(error.reason) }
  }

  private mutating func accept(_ frame: consuming RawFrame) throws(MediaError) -> VideoFrame? {
    let avFrame = frame.pointer
    let time = avFrame.pointee.best_effort_timestamp
    let position = window.position(
      clock.next(time == cff_no_pts() ? nil : time), in: clock.timeBase)
    if window.isBefore(position) { return nil }
    if window.isAfter(position) {
      videoHasEnded = true
      hasReadWindow = true
      return nil
    }
    noteDiscontinuity(at: position, time: time, form: avFrame.pointee)
    if !hasDelivered {
      hasDelivered = true
      discontinuity = nil
      if toleratesBeginning {
        _ = damageSoFar()
        damage = DamageReport()
      }
    }
    if avFrame.pointee.decode_error_flags != 0
      || avFrame.pointee.flags & AV_FRAME_FLAG_CORRUPT != 0
    {
      damage.note("a picture is incomplete")
    }
    let matrix =
      cff_frame_display_matrix(avFrame) ?? cff_stream_display_matrix(packets.demuxer.video)
    orientation = matrix.map { Orientation(displayMatrix: $0) } ?? .upright
    avFrame.pointee.sample_aspect_ratio = packets.demuxer.sampleAspectRatio(of: frame).avRational
    let upright = try filter.apply(frame, orientation: orientation)
    // What is no longer true, or would tell an encoder which pictures to code as key frames.
    av_frame_remove_side_data(upright.pointer, AV_FRAME_DATA_DISPLAYMATRIX)
    upright.pointer.pointee.pict_type = AV_PICTURE_TYPE_NONE
    upright.pointer.pointee.pts = position.value
    let picture = VideoFrame(owning: upright.release(), timestamp: position)
    if filter.shape == nil { filter.shape = PictureShape(picture) }
    return picture
  }

  /// Finds out whether a picture does not continue the last one.
  private mutating func noteDiscontinuity(at position: Timestamp, time: Int64, form: AVFrame) {
    let storedForm = StoredForm(width: form.width, height: form.height, format: form.format)
    if storedForm != self.storedForm { discontinuity = .formatChange }
    self.storedForm = storedForm
    // Short of this a video may just have few pictures, or some that stay for long.
    let longestPause = max(2, 10 / packets.frameRate.doubleValue)
    if let last = self.position, position.seconds - last.seconds > longestPause {
      discontinuity = .timeJump(seconds: position.seconds - last.seconds)
    }
    self.position = position
    // The decoder gives pictures from before the jump after it was sent one from behind it.
    if let jump = clockJump, jump.time.map({ time >= $0 }) ?? true {
      discontinuity = .timeJump(seconds: jump.seconds)
      clockJump = nil
    }
  }
}

// MARK: - Audio

extension ItemReader {
  private mutating func accept(
    _ packet: consuming Packet, of stream: AudioStream
  ) -> AudioPacket? {
    let avPacket = packet.pointer
    guard let time = avPacket.time else { return nil }
    let position = window.position(time, in: stream.timeBase)
    if window.isBefore(position) { return nil }
    if window.isAfter(position) {
      endedAudio.insert(stream.index)
      return nil
    }
    let decodingTime = avPacket.pointee.dts == cff_no_pts() ? time : avPacket.pointee.dts
    avPacket.pointee.dts = window.position(decodingTime, in: stream.timeBase).value
    avPacket.pointee.pts = position.value
    return AudioPacket(owning: packet.release(), stream: stream)
  }

  /// Whether a video packet comes so late that no audio of the window can follow it.
  private mutating func isLongAfterWindow(_ packet: borrowing Packet) -> Bool {
    guard let time = packet.pointer.time else { return false }
    return window.isAfter(window.position(time, in: packets.timeBase), by: 5)
  }
}
