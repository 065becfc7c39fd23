import CFFmpeg
import Glibc

/// What to read.
public enum MediaInput: Hashable, Sendable {
  /// A file, a FIFO, a URL that libavformat opens, or an image sequence such as `frame%05d.png`.
  case url(String)
  /// A container, Y4M, or raw video with `InputOptions.rawVideo`.
  case standardInput
  /// The images in a folder, in natural order: `9.png` before `10.png`.
  case imageFolder(String)

  /// Reads a command-line argument: `-` is standard input, a folder stands for its images.
  public init(argument: String) {
    var status = stat()
    if argument == "-" {
      self = .standardInput
    } else if stat(argument, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      self = .imageFolder(argument)
    } else {
      self = .url(argument)
    }
  }

  /// How messages name it.
  public var location: String {
    switch self {
    case .url(let url): url
    case .standardInput: "standard input"
    case .imageFolder(let path): path
    }
  }
}

/// The shape of video without a container: frames of pixels, one after the other.
public struct RawVideoFormat: Hashable, Sendable {
  /// Stored size; raw video cannot be read without it.
  public var size: PixelSize?
  /// Frames per second; raw video cannot be read without it.
  public var frameRate: Rational?
  /// FFmpeg's name of the pixel format.
  public var pixelFormat: String

  /// Makes a format.
  public init(size: PixelSize?, frameRate: Rational?, pixelFormat: String = "yuv420p") {
    self.size = size
    self.frameRate = frameRate
    self.pixelFormat = pixelFormat
  }

  /// The options of FFmpeg's `rawvideo` demuxer.
  func demuxerOptions(location: String) throws(MediaError) -> [String: String] {
    guard let size else {
      throw MediaError(.unsupported, location, "raw video needs its frame size")
    }
    guard size.width > 0, size.height > 0, size.width <= 32768, size.height <= 32768 else {
      throw MediaError(.unsupported, location, "\(size) is not a frame size")
    }
    guard let frameRate else {
      throw MediaError(.unsupported, location, "raw video needs its frame rate")
    }
    guard frameRate.isPositive else {
      throw MediaError(.unsupported, location, "\(frameRate) is not a frame rate")
    }
    guard av_get_pix_fmt(pixelFormat) != AV_PIX_FMT_NONE else {
      throw MediaError(.unsupported, location, "unknown pixel format \(pixelFormat)")
    }
    return [
      "video_size": "\(size)", "framerate": "\(frameRate)", "pixel_format": pixelFormat,
    ]
  }
}

/// How to read an input.
public struct InputOptions: Hashable, Sendable {
  /// Take the input for raw video of this format.
  public var rawVideo: RawVideoFormat?
  /// Seconds after the start of the input from which to read; frames before are not delivered.
  public var start: Double?
  /// Seconds to read at most.
  public var duration: Double?
  /// Whether to deliver the audio streams' packets.
  public var audio = true
  /// Frames per second of images and of streams that do not carry times; 25 where not given.
  public var frameRate: Rational?
  /// Decoder threads; 0 for one per core.
  public var threads = 0
  /// Whether pictures come at their own pace and wait for nobody, where the input does not say so
  /// itself: a pipe from a live producer.
  public var isLive = false

  /// Makes the default options: everything, audio included.
  public init() {}

  func validate(location: String) throws(MediaError) {
    if let start, !(start >= 0 && start < 1e9) {
      throw MediaError(.unsupported, location, "cannot start at \(start) seconds")
    }
    if let duration, !(duration > 0 && duration < 1e9) {
      throw MediaError(.unsupported, location, "cannot read \(duration) seconds")
    }
    if let frameRate, !frameRate.isPositive {
      throw MediaError(.unsupported, location, "\(frameRate) is not a frame rate")
    }
  }
}
