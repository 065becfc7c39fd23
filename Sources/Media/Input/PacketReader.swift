import CFFmpeg

/// The packets of an input, whatever it is: a container, or a folder of images.
struct PacketReader: ~Copyable {
  /// Reads the container; with a folder, it describes the folder's first image.
  private(set) var demuxer: Demuxer
  private var images: ImageFolder?

  /// Unit of the video's times.
  let timeBase: Rational
  /// Frames per second, on average.
  let frameRate: Rational
  /// Length of the video in seconds, if known.
  let duration: Double?
  /// Number of frames, if known.
  let frameCount: Int?

  /// Opens an input.
  init(
    _ input: MediaInput, options: InputOptions, interruption: Interruption
  ) throws(MediaError) {
    try options.validate(location: input.location)
    let isRemote = input.canBeLost
    let watchdog = Watchdog(
      interruption, timeout: options.timeout ?? (isRemote || options.isLive ? 10 : 0))
    let source = try InputSource(input, options: options, watchdog: watchdog)
    let demuxer = try Demuxer(
      source, readsAudio: options.audio, refinesTimes: options.start != nil, watchdog: watchdog)
    if demuxer.comesInSegments, options.timeout == nil { watchdog.extend(by: 3) }
    let stream = demuxer.video.pointee
    if case .imageFolder(let path) = input {
      let images = try ImageFolder(path: path)
      frameRate = options.frameRate ?? Rational(25, 1)
      timeBase = Rational(frameRate.denominator, frameRate.numerator)
      frameCount = images.count
      duration = Double(images.count) * timeBase.doubleValue
      self.images = images
    } else {
      frameRate = demuxer.frameRate ?? options.frameRate ?? Rational(25, 1)
      timeBase = demuxer.timeBase
      // What a live stream says about its length does not hold for what is read of it.
      let duration = isRemote && demuxer.isLive ? nil : demuxer.duration
      frameCount =
        stream.nb_frames > 0
        ? Int(stream.nb_frames)
        : duration.flatMap { [frameRate] in estimate(seconds: $0, frameRate: frameRate) }
      self.duration = duration
    }
    self.demuxer = demuxer
  }

  /// Whether each packet is an image file.
  var areImages: Bool { images != nil || demuxer.formatName == "image2" }

  /// When the earliest stream starts, in microseconds; nil if that is not known.
  var startTime: Int64? { images == nil ? demuxer.startTime : 0 }

  /// The last jump of the video's clock since the previous call; nil if there was none.
  mutating func takeClockJump() -> ClockJump? { demuxer.takeClockJump() }

  /// The next packet of video or audio; nil at the end. Errors are those of `Demuxer.next`.
  mutating func next() throws(MediaError) -> Packet? {
    if images != nil { return try images?.nextPacket() }
    return try demuxer.next()
  }

  /// Moves to a place at or before a time, in microseconds after the input's start, from where
  /// pictures can be decoded.
  mutating func seek(to time: Int64) throws(MediaError) {
    if images != nil {
      images?.skip(Int(Timestamp(time, timeBase: .microseconds).value(in: timeBase)) - 1)
    } else {
      try demuxer.seek(before: (startTime ?? 0) + time)
    }
  }
}

/// The number of frames in a span of time; nil if it is absurd.
func estimate(seconds: Double, frameRate: Rational) -> Int? {
  let count = (seconds * frameRate.doubleValue).rounded()
  return count < 1e12 ? Int(count) : nil
}

extension Rational {
  /// The time base of libavformat's container times.
  static let microseconds = Rational(1, 1_000_000)
}
