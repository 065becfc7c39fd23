/// How the packets of an RTSP stream are carried.
public enum RTSPTransport: String, CaseIterable, Sendable {
  /// In the connection of the commands: nothing is lost.
  case tcp
  /// As datagrams.
  case udp
  /// In HTTP, through proxies.
  case http
}

/// How to read an input.
public struct InputOptions: Hashable, Sendable {
  /// Take the input for raw video of this format.
  public var rawVideo: RawVideoFormat?
  /// FFmpeg's name of the demuxer, where it is not to be found out. For a camera its codec or pixel
  /// format, such as `mjpeg` or `yuyv422`; `raw` for any pixel format.
  public var format: String?
  /// The size of the pictures that a camera is asked for; the camera's own choice where not given.
  public var frameSize: PixelSize?
  /// Seconds after the start of the input from which to read; frames before are not delivered.
  public var start: Double?
  /// Seconds to read at most.
  public var duration: Double?
  /// Whether to deliver the audio streams' packets.
  public var audio = true
  /// Frames per second of cameras, images and streams that do not carry times; 25 where not given
  /// and not known. Inputs that have a rate of their own are refused if it is given.
  public var frameRate: Rational?
  /// Decoder threads; 0 for one per core.
  public var threads = 0
  /// Whether pictures come at their own pace and wait for nobody, where the input does not say so
  /// itself: a pipe from a live producer.
  public var isLive = false
  /// Deliver pictures at the pace of their times, as if the input were live.
  public var isPaced = false
  /// How RTSP streams are carried.
  public var rtspTransport = RTSPTransport.tcp
  /// Seconds without an answer or a packet after which an input counts as stalled; 0 for any time.
  /// Where not given 10 for networks, cameras and live inputs, and any time for others.
  public var timeout: Double?

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
    if let timeout, !(timeout >= 0 && timeout < 1e9) {
      throw MediaError(.unsupported, location, "cannot wait for \(timeout) seconds")
    }
  }
}
