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
/// Frames come upright, in order of presentation with strictly increasing times, and all in the size
/// and pixel format of the first one: others are scaled, between black borders if need be. Times of video
/// and audio count from the start of what is read: from the earliest stream's start, or from
/// `InputOptions.start`. The codec's own priming can give audio packets times below 0.
public struct MediaReader: ~Copyable {
  /// The video stream.
  public let video: VideoInfo
  /// The audio streams whose packets are delivered.
  public let audio: [AudioStream]

  private var items: ItemReader
  /// What was read to find the first picture, in reverse.
  private var pending: [MediaItem]
  private let interruption: Interruption
  private let location: String
  private var hasEnded = false
  private var pacing: Pacing?
  private var resumption: Resumption?
  /// What it would take to read on, should the input be lost after what has been delivered so far.
  public private(set) var continuation: Continuation

  /// Whether reading has reached the end of `InputOptions.duration`, not that of the input.
  public var isComplete: Bool { items.hasReadWindow }

  /// Opens an input and reads up to its first frame.
  /// - Throws: `MediaError`: `unreadable`, `noVideo`, `unsupported`, `stalled`, or `interrupted` if
  ///   `interruption` asked for an end before there was a frame.
  public init(
    _ input: MediaInput, options: InputOptions = InputOptions(),
    interruption: Interruption = Interruption()
  ) throws(MediaError) {
    var items = try ItemReader(input, options: options, shape: nil, interruption: interruption)
    let opening = try items.nextUpToPicture()
    guard let firstFrame = opening.picture, let shape = items.shape else {
      throw MediaReader.noFrames(&items, input, options)
    }
    let video = VideoInfo(items, options: options, firstFrame: firstFrame)
    let audio = items.packets.demuxer.audio
    continuation = Continuation(
      input: input, options: options, video: video, audio: audio, shape: shape,
      lastPicture: Timestamp(0, timeBase: video.timeBase), lastDelivery: .now, latest: 0)
    self.video = video
    self.audio = audio
    pacing = MediaReader.pacing(items.packets.demuxer, input, options)
    self.items = items
    pending = opening.items.reversed()
    resumption = nil
    self.interruption = interruption
    location = input.location
  }

  /// Opens an input again that was lost. Its items continue those delivered before: times go on as the
  /// clock did, pictures keep their form, and audio goes on in streams that are still the same.
  /// A `discontinuity` comes before the first picture.
  /// - Throws: as when opened first.
  public init(
    continuing continuation: Continuation, interruption: Interruption
  ) throws(MediaError) {
    let input = continuation.input
    let options = continuation.optionsFromHere
    var items = try ItemReader(
      input, options: options, shape: continuation.shape, interruption: interruption)
    var opening = try items.nextUpToPicture()
    guard let firstFrame = opening.picture else {
      throw MediaReader.noFrames(&items, input, options)
    }
    let gap = continuation.position - continuation.lastPicture.seconds
    opening.items.insert(
      .discontinuity(.reconnected(gapSeconds: gap)), at: opening.items.count - 1)
    resumption = Resumption(
      continuation, audio: items.packets.demuxer.audio, firstPicture: firstFrame.timestamp)
    video = continuation.video
    audio = continuation.audio
    self.continuation = continuation
    pacing = MediaReader.pacing(items.packets.demuxer, input, options)
    self.items = items
    pending = opening.items.reversed()
    self.interruption = interruption
    location = input.location
  }

  /// The next frame or audio packet; nil at the end, and as soon as `Interruption.stopReading` is
  /// called.
  /// - Throws: `MediaError`. `damaged`, once, at the end of an input that was damaged or cut off: what
  ///   could be decoded has been delivered by then. `stalled` likewise, if there is no end but
  ///   nothing comes. `interrupted` after `Interruption.abort`.
  public mutating func read() throws(MediaError) -> MediaItem? {
    while true {
      if try isInterrupted() { return nil }
      guard let item = try next() else { return nil }
      guard let placed = resumption == nil ? item : resumption?.place(item) else { continue }
      if case .video(let frame) = placed, pacing != nil {
        pacing?.wait(for: frame.timestamp?.seconds ?? 0, interruption: interruption)
        if try isInterrupted() { return nil }
      }
      note(placed)
      return placed
    }
  }

  private func isInterrupted() throws(MediaError) -> Bool {
    switch interruption.request {
    case .none: return false
    case .stopReading: return true
    case .abort: throw MediaError(.interrupted, location, "reading was interrupted")
    }
  }

  /// The next item on the input's own time line.
  private mutating func next() throws(MediaError) -> MediaItem? {
    if let item = pending.popLast() { return item }
    if hasEnded { return nil }
    do throws(MediaError) {
      if let item = try items.next() { return item }
    } catch {
      guard error.cause == .interrupted, interruption.request == .stopReading else { throw error }
      return nil
    }
    hasEnded = true
    if let error = items.loss ?? items.damageSoFar().error(location: location) { throw error }
    return nil
  }

  private mutating func note(_ item: MediaItem) {
    switch item {
    case .video(let frame):
      guard let time = frame.timestamp else { return }
      continuation.lastPicture = time
      continuation.lastDelivery = .now
      continuation.latest = max(continuation.latest, time.seconds)
    case .audio(let packet):
      continuation.latest = max(continuation.latest, packet.timestamp.seconds)
    case .discontinuity: break
    }
  }

  private static func pacing(
    _ demuxer: borrowing Demuxer, _ input: MediaInput, _ options: InputOptions
  ) -> Pacing? {
    // What is live in segments comes a segment at a time, most of which would have to be dropped.
    let isPaced = options.isPaced || input.hasNoPace || demuxer.isLive && demuxer.comesInSegments
    return isPaced ? Pacing() : nil
  }

  private static func noFrames(
    _ items: inout ItemReader, _ input: MediaInput, _ options: InputOptions
  ) -> MediaError {
    if let loss = items.loss { return loss }
    let demuxer = items.packets.demuxer.formatName
    if !items.packets.demuxer.isSeekable, demuxer.hasPrefix("mov,") {
      return MediaError(
        .unreadable, input.location,
        "this MP4 has its index at the end, behind what cannot be skipped in a pipe or where a "
          + "server does not allow it; give the file's path, or write it with -movflags +faststart")
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
