import CFFmpeg
import Glibc

/// What libavformat is to open, and how.
struct InputSource {
  /// As libavformat takes it; not used with `pipe`.
  var url: String
  /// As messages name it.
  var location: String
  /// The name of a demuxer; nil to find it out by probing.
  var format: String?
  /// The demuxer's options, and those of its protocol.
  var options: [String: String] = [:]
  /// Where the bytes come from, if not from libavformat's own protocols.
  var pipe: PipeInput?
  /// How pictures come.
  var delivery = Delivery.whenAsked

  /// Who decides when a picture comes.
  enum Delivery {
    /// The reader.
    case whenAsked
    /// The reader, unless the source has no end that is known.
    case byConnection
    /// The source.
    case live
  }
}

extension InputSource {
  /// Finds out what an input is: a file, a FIFO, an image pattern, a URL or a device.
  /// - Throws: `unreadable` for what is plainly not there, not permitted or empty; `unsupported` for
  ///   settings that make no sense.
  init(
    _ input: MediaInput, options: InputOptions, watchdog: Watchdog
  ) throws(MediaError) {
    switch input {
    case .standardInput:
      self.init(url: "", location: input.location)
      pipe = PipeInput.standardInput(watchdog: watchdog)
    case .url(let url):
      self = try InputSource.locate(url, options: options, watchdog: watchdog)
    case .imageFolder(let path):
      // The first image stands for all of them; see `ImageFolder`.
      self = try InputSource.locate(
        try ImageFolder.images(in: path)[0], options: options, watchdog: watchdog)
    case .camera(let path):
      try InputSource.checkReadable(path)
      self = InputSource(url: path, location: path, format: "v4l2", delivery: .live)
      self.options["video_size"] = options.frameSize.map { "\($0)" }
      self.options["input_format"] = options.format == "raw" ? "rawvideo" : options.format
    case .filterGraph(let graph):
      self = InputSource(url: graph, location: input.location, format: "lavfi", delivery: .live)
    }
    if let rawVideo = options.rawVideo {
      format = "rawvideo"
      self.options = try rawVideo.demuxerOptions(location: location)
    } else if let frameRate = options.frameRate {
      self.options["framerate"] = "\(frameRate)"
    }
    if format == nil { format = options.format }
    if options.isLive || options.isPaced { delivery = .live }
  }

  private static func locate(
    _ url: String, options: InputOptions, watchdog: Watchdog
  ) throws(MediaError) -> InputSource {
    var status = stat()
    guard stat(url, &status) == 0 else {
      if let scheme = url.urlScheme { return connection(url, scheme: scheme, options: options) }
      if errno == ENOENT, av_filename_number_test(url) == 1 {
        return InputSource(
          url: url, location: url, format: "image2", options: ["start_number_range": "100000"])
      }
      throw MediaError(.unreadable, url, describe(errno))
    }
    try checkReadable(url)
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      throw MediaError(.unreadable, url, "is a folder")
    case S_IFIFO:
      let pipe = try PipeInput.fifo(path: url, watchdog: watchdog)
      return InputSource(url: url, location: url, pipe: pipe)
    case S_IFREG where status.st_size == 0:
      throw MediaError(.unreadable, url, "is empty")
    default:
      // The prefix keeps a colon in a file's name from being taken for the end of a scheme.
      return InputSource(url: "file:\(url)", location: url)
    }
  }

  private static func connection(
    _ url: String, scheme: String, options: InputOptions
  ) -> InputSource {
    var source = InputSource(url: url, location: Redaction.url(url))
    source.delivery =
      liveSchemes.contains(scheme)
      ? .live : localSchemes.contains(scheme) ? .whenAsked : .byConnection
    if scheme.hasPrefix("rtsp") {
      source.options["rtsp_transport"] = options.rtspTransport.rawValue
      if !options.audio { source.options["allowed_media_types"] = "video" }
    } else if scheme.hasPrefix("udp") {
      // Pictures that came too fast are lost, the connection is not.
      source.options["overrun_nonfatal"] = "1"
    }
    return source
  }

  private static func checkReadable(_ path: String) throws(MediaError) {
    guard access(path, R_OK) == 0 else { throw MediaError(.unreadable, path, describe(errno)) }
  }

  /// Protocols by which pictures only come at their own pace.
  private static let liveSchemes: Set = [
    "mmsh", "mmst", "rist", "rtmp", "rtmpe", "rtmps", "rtmpt", "rtmpte", "rtmpts", "rtp", "rtsp",
    "rtsps", "sctp", "srt", "srtp", "udp", "udplite", "zmq",
  ]
  /// Protocols that reach no further than this machine's files.
  static let localSchemes: Set = [
    "async", "bluray", "cache", "concat", "concatf", "crypto", "data", "fd", "file", "pipe",
    "subfile",
  ]
}

private func describe(_ error: Int32) -> String {
  switch error {
  case ENOENT: "no such file"
  case EACCES: "permission denied"
  default: String(cString: strerror(error))
  }
}

extension String {
  /// What it starts with, like `rtsp:` or `http:`, in lower case and without the colon.
  var urlScheme: String? {
    guard let colon = firstIndex(of: ":"), let first, first.isASCII, first.isLetter else {
      return nil
    }
    let scheme = self[..<colon]
    let isScheme = scheme.allSatisfy {
      $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "+" || $0 == "-" || $0 == ".")
    }
    return isScheme ? scheme.lowercased() : nil
  }
}
