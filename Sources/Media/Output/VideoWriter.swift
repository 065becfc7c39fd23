import CFFmpeg
import Foundation

/// Writes frames, and sound beside them, to one output.
///
/// The output is created at once. The encoder is opened with the first frame, whose size, pixel
/// format, aspect ratio and colour tags hold for all. Times of frames and audio packets count from
/// a common zero.
///
/// Sendable because it has one owner at a time, which may hand it on.
public struct VideoWriter: ~Copyable, @unchecked Sendable {
  /// What is written otherwise than it came, in a line each: sound from the start, pictures from
  /// the first one on.
  public private(set) var warnings: [String]

  private let settings: OutputSettings
  private let frameRate: Rational
  private var clock: FrameClock
  private var encoder: Encoder?
  private var converter: PictureConverter
  private var pictureFormat: String?
  // Of these two, the one that the settings ask for.
  private var muxer: Muxer?
  private var pictures: PictureSequence?
  private var audio: [AudioOutput]
  /// Until when the container's header waits for sound that has not come, in ticks of `clock`; nil if
  /// it does not.
  private var soundDeadline: Int64?
  /// Sound that came before the first frame, without which there is no header.
  private var earlyAudio: [AudioPacket] = []

  private struct AudioOutput {
    let source: AudioStream
    let route: any AudioRoute
    /// The stream in the container, once there is one.
    var stream = 0
  }

  /// Creates the file, folder or connection.
  /// - Parameters:
  ///   - timeBase: what the output counts time in, if its container can; that of the source keeps
  ///     its times exact.
  ///   - frameRate: the average in Hz; 0/1 if unknown.
  ///   - audio: the streams whose packets will be written: copied, or converted to AAC if the
  ///     container cannot hold them, or dropped; see `warnings`.
  /// - Throws: `MediaError` (`unwritable`) if it cannot be written, `unsupported` if the time base
  ///   is not positive.
  public init(
    _ settings: OutputSettings, timeBase: Rational, frameRate: Rational,
    audio: [AudioStream] = [], interruption: Interruption
  ) throws(MediaError) {
    FFmpegLog.install()
    guard timeBase.isPositive else {
      throw MediaError(.unsupported, settings.location, "\(timeBase) s is no unit of time")
    }
    switch settings.destination {
    case .container(let container):
      muxer = try Muxer(container, location: settings.location, interruption: interruption)
      pictures = nil
      (self.audio, warnings) = try VideoWriter.routes(
        audio, into: container, globalHeader: muxer?.wantsGlobalHeader ?? false, settings)
    case .pictures(let sequence):
      try sequence.prepare()
      muxer = nil
      pictures = sequence
      (self.audio, warnings) = ([], [])
    }
    encoder = nil
    converter = PictureConverter(location: settings.location)
    self.settings = settings
    self.frameRate = frameRate
    var unit = timeBase
    if case .container(let container) = settings.destination, !container.hasTimes,
      frameRate.isPositive
    {
      unit = Rational(frameRate.denominator, frameRate.numerator)
    }
    clock = FrameClock(timeBase: unit, frameRate: frameRate)
  }

  /// Writes a frame. Times that do not increase are moved to after the last frame's.
  /// - Throws: `MediaError` (`unwritable`, `brokenPipe`, `interrupted`), `unsupported` if the
  ///   output cannot hold such pictures or they differ from the first one in size or format.
  public mutating func write(_ frame: VideoFrame) throws(MediaError) {
    let picture = try prepare(frame)
    let time = clock.next(frame.timestamp)
    if encoder == nil { try open(with: picture, at: time) }
    var sharing = av_frame_clone(picture.avFrame)
    defer { av_frame_free(&sharing) }
    guard let reference = sharing else { throw .output(cff_error(ENOMEM), settings.location) }
    reference.pointee.pts = time
    // What the source's encoder chose does not bind ours.
    reference.pointee.pict_type = AV_PICTURE_TYPE_NONE
    try encoder?.send(reference)
    try writeEncoded()
    if let soundDeadline, time > soundDeadline {
      self.soundDeadline = nil
      try muxer?.flush()
    }
  }

  /// Writes a packet of one of the streams given to `init`; the video may lag behind. Packets that
  /// come before the first frame wait for it.
  /// - Throws: `MediaError` (`unwritable`, `brokenPipe`, `interrupted`).
  public mutating func write(_ packet: AudioPacket) throws(MediaError) {
    guard let output = audio.first(where: { $0.source === packet.stream }) else { return }
    if encoder == nil {
      earlyAudio.append(packet)
    } else {
      try output.route.send(packet)
      try writeAudio(output)
    }
  }

  /// Writes what the encoder and the container hold back, and the container's index. Without any
  /// frame a file stays empty. A writer that goes away without this leaves its file as it is.
  /// - Throws: `MediaError` (`unwritable`, `brokenPipe`, `interrupted`).
  public consuming func finish() throws(MediaError) {
    guard encoder != nil else { return }
    var failure: MediaError?
    do throws(MediaError) { try writeRest() } catch { failure = error }
    // A container whose index is missing would be lost whole.
    do throws(MediaError) { try muxer.take()?.finish() } catch { failure = failure ?? error }
    if let failure { throw failure }
  }

  /// Writes what the encoders hold back.
  private mutating func writeRest() throws(MediaError) {
    try encoder?.send(nil)
    try writeEncoded()
    for output in audio {
      try output.route.send(nil)
      try writeAudio(output)
    }
  }

  /// The picture as the encoder takes it.
  private mutating func prepare(_ frame: VideoFrame) throws(MediaError) -> VideoFrame {
    let format = "\(frame.size) \(frame.pixelFormatName)"
    if let pictureFormat, format != pictureFormat {
      throw MediaError(
        .unsupported, settings.location, "frames change from \(pictureFormat) to \(format)")
    }
    var picture = frame
    if let name = settings.encoding.pixelFormat, name != frame.pixelFormatName {
      picture = try converter.convert(frame, to: av_get_pix_fmt(name))
    }
    if settings.encoding.needsWholeChroma { picture = try picture.extendedToWholeChroma() }
    if pictureFormat == nil {
      pictureFormat = format
      if picture.pixelFormat != frame.pixelFormat {
        warnings.append(
          "\(format) is written as \(picture.pixelFormatName), for players of streams")
      }
      if picture.size != frame.size {
        warnings.append("\(format) is written as \(picture.size), as H.264 has no odd size for it")
      }
    }
    return picture
  }

  private mutating func open(with frame: VideoFrame, at time: Int64) throws(MediaError) {
    let encoder = try Encoder(
      settings.encoding, for: frame, timeBase: clock.timeBase, frameRate: frameRate,
      globalHeader: muxer?.wantsGlobalHeader ?? false, location: settings.location)
    _ = try muxer?.addStream(timeBase: encoder.timeBase) { encoder.copyParameters(to: $0) }
    for index in audio.indices {
      let route = audio[index].route
      audio[index].stream =
        try muxer?.addStream(timeBase: route.timeBase) { route.copyParameters(to: $0) } ?? 0
    }
    try muxer?.writeHeader()
    if mayBeginWithoutSound {
      let second = Timestamp(1_000_000, timeBase: .microseconds).value(in: clock.timeBase)
      soundDeadline = time + second
    }
    self.encoder = consume encoder
    for packet in earlyAudio { try write(packet) }
    earlyAudio = []
  }

  private mutating func writeEncoded() throws(MediaError) {
    while let packet = try encoder?.receive() {
      // Says how long the last frame is shown; those before end when the next one starts.
      packet.pointee.duration = clock.frameDuration
      try pictures?.write(packet)
      try muxer?.write(packet, to: 0, timeBase: clock.timeBase.avRational)
    }
  }

  /// Whether a header that waits for sound can be written without it: a microphone may be silent for
  /// ever, and everything would be kept in memory until then.
  private var mayBeginWithoutSound: Bool {
    guard case .container(let container) = settings.destination, container.delaysHeader,
      !audio.isEmpty
    else { return false }
    // What the header tells of these is known from their packets only.
    return !audio.contains {
      [AV_CODEC_ID_AC3, AV_CODEC_ID_EAC3].contains($0.source.parameters.pointee.codec_id)
    }
  }

  private mutating func writeAudio(_ output: AudioOutput) throws(MediaError) {
    while let packet = try output.route.receive() {
      soundDeadline = nil
      try muxer?.write(packet, to: output.stream, timeBase: output.route.timeBase)
    }
  }

  private static func routes(
    _ streams: [AudioStream], into container: OutputSettings.Container, globalHeader: Bool,
    _ settings: OutputSettings
  ) throws(MediaError) -> ([AudioOutput], warnings: [String]) {
    var outputs: [AudioOutput] = []
    var warnings: [String] = []
    for stream in streams {
      let (route, warning) = try container.route(
        stream, globalHeader: globalHeader, location: settings.location)
      if let route { outputs.append(AudioOutput(source: stream, route: route)) }
      if let warning { warnings.append(warning) }
    }
    return (outputs, warnings)
  }
}
