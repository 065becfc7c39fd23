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
  /// A Video4Linux device such as `/dev/video0`.
  case camera(String)
  /// What a libavfilter graph draws, such as `testsrc=size=320x240:rate=25`, at the pace of a camera.
  case filterGraph(String)

  /// Reads a command-line argument: `-` is standard input, a folder stands for its images, `lavfi:`
  /// comes before a filter graph, and `file:` may come before a path.
  public init(argument: String) {
    var status = stat()
    let argument = filePath(argument) ?? argument
    if argument == "-" {
      self = .standardInput
    } else if argument.hasPrefix("lavfi:") {
      self = .filterGraph(String(argument.dropFirst(6)))
    } else if argument.hasPrefix("/dev/video") || argument.hasPrefix("/dev/v4l/") {
      self = .camera(argument)
    } else if stat(argument, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      self = .imageFolder(argument)
    } else {
      self = .url(argument)
    }
  }

  /// How messages name it: a URL without its passwords.
  public var location: String {
    switch self {
    case .url(let url): Redaction.url(url)
    case .standardInput: "standard input"
    case .imageFolder(let path), .camera(let path): path
    case .filterGraph(let graph): "lavfi:\(graph)"
    }
  }

  /// A short name, fit for a file and without anything secret: the last part of its address.
  public var shortName: String {
    if case .filterGraph = self { return "lavfi" }
    let address = location.prefix { !"?#".contains($0) }
    let parts = address.split(separator: "/").filter { $0 != "***" }
    var name = parts.last ?? "stream"
    // A server's name has no file type.
    let isServer = address.contains("://") && parts.count == 2
    if !isServer, let dot = name.lastIndex(of: "."), dot > name.startIndex { name = name[..<dot] }
    return String(name).replacing("***@", with: "").replacing(":", with: "_")
  }

  /// Whether it is something that goes away and comes back: a connection or a device.
  public var canBeLost: Bool {
    switch self {
    case .url(let url): isConnection(url)
    case .camera: true
    case .standardInput, .imageFolder, .filterGraph: false
    }
  }

  /// Whether it delivers as fast as it is read, although it stands for a camera.
  var hasNoPace: Bool {
    if case .filterGraph = self { return true }
    return false
  }

  private func isConnection(_ url: String) -> Bool {
    guard access(url, F_OK) != 0, let scheme = url.urlScheme else { return false }
    return !InputSource.localSchemes.contains(scheme)
  }
}

/// The path of something that exists, in an address such as `file:in.mp4` or `file:///tmp/in.mp4`.
private func filePath(_ address: String) -> String? {
  guard address.hasPrefix("file:"), access(address, F_OK) != 0 else { return nil }
  let path = String(address.dropFirst(address.hasPrefix("file://") ? 7 : 5))
  return access(path, F_OK) == 0 ? path : nil
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
