/// What an input consists of, in the order in which it is stored.
public enum MediaItem: Sendable {
  /// A picture: upright, planar YUV of 8 or 10 bits, with its time.
  case video(VideoFrame)
  /// A compressed piece of sound.
  case audio(AudioPacket)
  /// The next picture does not continue the last one. Times go on increasing nevertheless.
  case discontinuity(Discontinuity)
}

/// Reads a video and its sound from a file, a URL, a pipe or images.
///
/// Frames come upright and in order of presentation with strictly increasing times. Times of video
/// and audio count from the start of what is read: from the earliest stream's start, or from
/// `InputOptions.start`. The codec's own priming can give audio packets times below 0.
public struct MediaReader: ~Copyable {
  /// The video stream.
  public let video: VideoInfo
  /// The audio streams whose packets are delivered.
  public let audio: [AudioStream]

  private var items: ItemReader
  /// What was read to find the first frame, in reverse.
  private var pending: [MediaItem]
  private let interruption: Interruption
  private let location: String
  private var hasEnded = false

  /// Opens an input and reads up to its first frame.
  /// - Throws: `MediaError`: `unreadable`, `noVideo`, `unsupported`, or `interrupted` if
  ///   `interruption` asked for an end before there was a frame.
  public init(
    _ input: MediaInput, options: InputOptions = InputOptions(),
    interruption: Interruption = Interruption()
  ) throws(MediaError) {
    var items = try ItemReader(input, options: options, interruption: interruption)
    var pending: [MediaItem] = []
    var firstFrame: VideoFrame?
    while firstFrame == nil {
      guard let item = try items.next() else {
        throw MediaReader.noFrames(&items, input, options)
      }
      pending.append(item)
      if case .video(let frame) = item { firstFrame = frame }
    }
    guard let firstFrame else { throw MediaReader.noFrames(&items, input, options) }
    video = VideoInfo(items, options: options, firstFrame: firstFrame)
    audio = items.packets.demuxer.audio
    self.items = items
    self.pending = pending.reversed()
    self.interruption = interruption
    location = input.location
  }

  /// The next frame or audio packet; nil at the end, and as soon as `Interruption.stopReading` is
  /// called.
  /// - Throws: `MediaError`. `damaged`, once, at the end of an input that was damaged or cut off: what
  ///   could be decoded has been delivered by then. `interrupted` after `Interruption.abort`.
  public mutating func read() throws(MediaError) -> MediaItem? {
    switch interruption.request {
    case .none: break
    case .stopReading: return nil
    case .abort: throw MediaError(.interrupted, location, "reading was interrupted")
    }
    if let item = pending.popLast() { return item }
    if hasEnded { return nil }
    do throws(MediaError) {
      if let item = try items.next() { return item }
    } catch {
      guard error.cause == .interrupted, interruption.request == .stopReading else { throw error }
      return nil
    }
    hasEnded = true
    if let damage = items.damageSoFar().error(location: location) { throw damage }
    return nil
  }

  private static func noFrames(
    _ items: inout ItemReader, _ input: MediaInput, _ options: InputOptions
  ) -> MediaError {
    let demuxer = items.packets.demuxer.formatName
    if !items.packets.demuxer.isSeekable, demuxer.hasPrefix("mov,") {
      return MediaError(
        .unreadable, input.location,
        "this MP4 has its index at the end, which a pipe cannot go back from; "
          + "give the file's path, or write it with -movflags +faststart")
    }
    if let reason = items.damageSoFar().firstReason {
      return MediaError(.unreadable, input.location, "no frame can be decoded: \(reason)")
    }
    if let start = options.start, start > 0 {
      return MediaError(.unreadable, input.location, "has no frames \(start) s after its start")
    }
    return MediaError(.unreadable, input.location, "has no frames")
  }
}
