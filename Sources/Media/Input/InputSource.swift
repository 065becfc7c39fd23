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
}

extension InputSource {
  /// Finds out what an input is: a file, a FIFO, an image pattern or a URL.
  /// - Throws: `unreadable` for what is plainly not there, not permitted or empty; `unsupported` for
  ///   settings that make no sense.
  init(
    _ input: MediaInput, options: InputOptions, interruption: Interruption
  ) throws(MediaError) {
    switch input {
    case .standardInput:
      self.init(url: "", location: input.location)
      pipe = PipeInput.standardInput(interruption: interruption)
    case .url(let url):
      self = try InputSource.locate(url, interruption: interruption)
    case .imageFolder(let path):
      // The first image stands for all of them; see `ImageFolder`.
      self = try InputSource.locate(
        try ImageFolder.images(in: path)[0], interruption: interruption)
    }
    if let rawVideo = options.rawVideo {
      format = "rawvideo"
      self.options = try rawVideo.demuxerOptions(location: location)
    } else if let frameRate = options.frameRate {
      // Demuxers of streams that carry times do not know this option, and ignore it.
      self.options["framerate"] = "\(frameRate)"
    }
  }

  private static func locate(
    _ url: String, interruption: Interruption
  ) throws(MediaError) -> InputSource {
    var status = stat()
    guard stat(url, &status) == 0 else {
      if url.hasURLScheme { return InputSource(url: url, location: url) }
      if errno == ENOENT, av_filename_number_test(url) == 1 {
        return InputSource(
          url: url, location: url, format: "image2", options: ["start_number_range": "100000"])
      }
      throw MediaError(.unreadable, url, describe(errno))
    }
    guard access(url, R_OK) == 0 else { throw MediaError(.unreadable, url, describe(errno)) }
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      throw MediaError(.unreadable, url, "is a folder")
    case S_IFIFO:
      let pipe = try PipeInput.fifo(path: url, interruption: interruption)
      return InputSource(url: url, location: url, pipe: pipe)
    case S_IFREG where status.st_size == 0:
      throw MediaError(.unreadable, url, "is empty")
    default:
      // The prefix keeps a colon in a file's name from being taken for the end of a scheme.
      return InputSource(url: "file:\(url)", location: url)
    }
  }
}

private func describe(_ error: Int32) -> String {
  switch error {
  case ENOENT: "no such file"
  case EACCES: "permission denied"
  default: String(cString: strerror(error))
  }
}

extension String {
  /// Whether it starts like `rtsp:` or `http:`.
  fileprivate var hasURLScheme: Bool {
    guard let colon = firstIndex(of: ":"), let first, first.isASCII, first.isLetter else {
      return false
    }
    return self[..<colon].allSatisfy {
      $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "+" || $0 == "-" || $0 == ".")
    }
  }
}
