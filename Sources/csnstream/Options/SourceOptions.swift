public import ArgumentParser
public import Media

/// What is read.
struct SourceOptions: ParsableArguments {
  @Argument(
    help: "A file, a URL, a folder of images, an image pattern such as %05d.jpg, or - for stdin.")
  var input: String

  @Option(help: ArgumentHelp("Frame size of raw video.", valueName: "WxH"))
  var size: PixelSize?

  @Option(help: ArgumentHelp("Frames per second of raw video and of images.", valueName: "rate"))
  var fps: Rational?

  @Option(help: ArgumentHelp("Pixel format of raw video, such as rgb24.", valueName: "name"))
  var pixFmt: String?

  @Option(help: ArgumentHelp("Where to begin: seconds or [HH:]MM:SS.", valueName: "time"))
  var start: Seconds?

  @Option(help: ArgumentHelp("How much to read: seconds or [HH:]MM:SS.", valueName: "time"))
  var duration: Seconds?

  @Flag(help: "Leave the sound out of the overlay.")
  var noAudio = false

  func validate() throws {
    if size != nil, pixFmt == nil || fps == nil {
      throw ValidationError("--size, --fps and --pix-fmt together describe raw video")
    }
    if pixFmt != nil, size == nil || fps == nil {
      throw ValidationError("--pix-fmt needs --size and --fps")
    }
  }

  /// How to open the input.
  func inputOptions(audio: Bool) -> InputOptions {
    var options = InputOptions()
    options.rawVideo = pixFmt.map {
      RawVideoFormat(size: size, frameRate: fps, pixelFormat: $0)
    }
    options.start = start?.value
    options.duration = duration?.value
    options.audio = audio && !noAudio
    options.frameRate = fps
    return options
  }
}

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
    } else if let value = Double(argument), value < 100_000 {
      // To a thousandth of a frame, and exact for whole numbers.
      self.init(Int32((value * 1000).rounded()), 1000)
    } else {
      return nil
    }
    guard isPositive else { return nil }
  }
}
