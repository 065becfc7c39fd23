public import ArgumentParser
public import Media
import Segmentation

/// What is read.
struct SourceOptions: ParsableArguments {
  @Argument(
    help: """
      A file, a URL, a folder of images, an image pattern such as %05d.jpg, a camera such as \
      /dev/video0, lavfi: and a filter graph instead of a camera, or - for stdin.
      """)
  var input: String

  @Option(help: ArgumentHelp("Frame size of raw video, or asked of a camera.", valueName: "WxH"))
  var size: PixelSize?

  @Option(
    help: ArgumentHelp(
      "Frames per second of raw video and of images, or asked of a camera.", valueName: "rate"))
  var fps: Rational?

  @Option(
    help: ArgumentHelp(
      "Pixel format of raw video, or asked of a camera, such as rgb24.", valueName: "name"))
  var pixFmt: String?

  @Option(
    help: ArgumentHelp(
      "FFmpeg's name of the container format, if it is not to be guessed. Of a camera: mjpeg, raw "
        + "or another codec.",
      valueName: "name"))
  var inputFormat: String?

  @Option(help: ArgumentHelp("Where to begin: seconds or [HH:]MM:SS.", valueName: "time"))
  var start: Seconds?

  @Option(help: ArgumentHelp("How much to read: seconds or [HH:]MM:SS.", valueName: "time"))
  var duration: Seconds?

  @Flag(help: "Leave the sound out of the overlay.")
  var noAudio = false

  @Flag(help: "The input is live though it does not look so: a pipe from a camera.")
  var live = false

  @Flag(help: "Read a file at its own pace, as if it were live.")
  var realtime = false

  @Option(help: "How RTSP streams are carried: tcp, udp or http.")
  var rtspTransport = RTSPTransport.tcp

  @Option(
    help: ArgumentHelp(
      "Silence after which an input counts as lost: 10 for networks, cameras and with --live, "
        + "thrice that for HLS and DASH; else, and with 0, for ever.",
      valueName: "seconds"))
  var timeout: Double?

  @Option(
    help: ArgumentHelp(
      "How often a live input that was lost is opened again: a number, forever or off. If not given "
        + "forever for networks and cameras that were once open; given, also the first time.",
      valueName: "count"))
  var reconnect: AttemptCount?

  @Option(
    help: ArgumentHelp(
      "The wait before it is opened again; twice as long each time, up to 30 s.",
      valueName: "seconds"))
  var reconnectDelay = 1.0

  func validate() throws {
    if case .camera = mediaInput {
      if pixFmt != nil, inputFormat != nil {
        throw ValidationError("--pix-fmt and --input-format exclude each other for a camera")
      }
    } else {
      if size != nil, pixFmt == nil || fps == nil {
        throw ValidationError("--size, --fps and --pix-fmt together describe raw video")
      }
      if pixFmt != nil, size == nil || fps == nil {
        throw ValidationError("--pix-fmt needs --size and --fps")
      }
      if pixFmt != nil, inputFormat != nil {
        throw ValidationError("--input-format makes no sense for raw video")
      }
    }
    if case .filterGraph = mediaInput, inputFormat != nil {
      throw ValidationError("--input-format makes no sense for lavfi:")
    }
    if let timeout, !(timeout >= 0 && timeout < 1e6) {
      throw ValidationError("--timeout must be from 0 to 1000000")
    }
    guard reconnectDelay >= 0, reconnectDelay < 1e6 else {
      throw ValidationError("--reconnect-delay must be from 0 to 1000000")
    }
    if case .standardInput = mediaInput, let reconnect, reconnect.count > 0 {
      throw ValidationError("standard input cannot be opened again, so --reconnect makes no sense")
    }
  }

  /// What to open.
  var mediaInput: MediaInput { MediaInput(argument: input) }

  /// How to open the input.
  func inputOptions(audio: Bool) -> InputOptions {
    var options = InputOptions()
    if case .camera = mediaInput {
      options.frameSize = size
      options.format = pixFmt ?? inputFormat
    } else {
      options.rawVideo = pixFmt.map {
        RawVideoFormat(size: size, frameRate: fps, pixelFormat: $0)
      }
      options.format = inputFormat
    }
    options.start = start?.value
    options.duration = duration?.value
    options.audio = audio && !noAudio
    options.frameRate = fps
    options.isLive = live
    options.isPaced = realtime
    options.rtspTransport = rtspTransport
    options.timeout = timeout
    return options
  }

  /// How to open the input again.
  var reconnection: Reconnection {
    var reconnection = Reconnection()
    reconnection.attempts = reconnect?.count
    reconnection.firstDelay = reconnectDelay
    return reconnection
  }
}

/// A number of attempts.
struct AttemptCount: ExpressibleByArgument {
  let count: Int

  /// Reads `off`, `forever` or a number.
  init?(argument: String) {
    switch argument {
    case "off": count = 0
    case "forever": count = .max
    default:
      guard let number = Int(argument), number >= 0 else { return nil }
      count = number
    }
  }
}

extension RTSPTransport: ExpressibleByArgument {}

/// A time on the command line.
struct Seconds: ExpressibleByArgument {
  let value: Double

  /// Reads `90`, `1.5`, `1:30` or `0:01:30`.
  init?(argument: String) {
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
    guard (1...3).contains(parts.count) else { return nil }
    var value = 0.0
    for part in parts {
      guard let number = Double(part), number.isFinite, number >= 0 else { return nil }
      value = value * 60 + number
    }
    self.value = value
  }
}

extension PixelSize: ExpressibleByArgument {
  /// Reads `1280x720`.
  public init?(argument: String) {
    let parts = argument.lowercased().split(separator: "x").map { Int($0) }
    guard parts.count == 2, let width = parts[0], let height = parts[1], width > 0, height > 0
    else { return nil }
    self.init(width: width, height: height)
  }
}

extension Rational: ExpressibleByArgument {
  /// Reads `25`, `29.97` or `30000/1001`.
  public init?(argument: String) {
    let parts = argument.split(separator: "/")
    if parts.count == 2, let numerator = Int32(parts[0]), let denominator = Int32(parts[1]) {
      self.init(numerator, denominator)
    } else if let value = Double(argument), (0..<100_000).contains(value) {
      // To a thousandth of a frame, and exact for whole numbers.
      self.init(Int32((value * 1000).rounded()), 1000)
    } else {
      return nil
    }
    guard isPositive else { return nil }
  }
}
