/// How H.264 is encoded by libx264.
public struct H264Settings: Sendable {
  /// x264's preset, from `ultrafast` to `placebo`.
  public var preset: String
  /// x264's constant rate factor: 0 lossless (8 bit), 18 visually lossless, 51 worst.
  public var crf: Double
  /// No frame waits in the encoder and a keyframe comes every second, for live viewers.
  public var lowDelay: Bool
  /// Encoder threads. The pipeline needs the other cores.
  public var threads: Int

  /// FFmpeg's name of it.
  static let encoder = "libx264"

  /// The names of x264's presets, the fastest first.
  public static let presets = [
    "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow",
    "placebo",
  ]

  /// Makes settings. The defaults are for an encoder that shares two cores with the network: at
  /// 854×480, `superfast` takes half the time of `veryfast`; `ultrafast` takes a third less than it
  /// and three times the bits.
  public init(
    preset: String = "superfast", crf: Double = 21, lowDelay: Bool = false, threads: Int = 1
  ) {
    self.preset = preset
    self.crf = crf
    self.lowDelay = lowDelay
    self.threads = threads
  }

  /// These settings, with low delay if the source is live.
  func adapted(isLive: Bool) -> H264Settings {
    var adapted = self
    adapted.lowDelay = lowDelay || isLive
    return adapted
  }

  /// - Parameter keyframeSeconds: the longest time between keyframes; nil leaves it to x264.
  func encoding(keyframeSeconds: Double? = nil) -> VideoEncoding {
    var options = ["preset": preset, "crf": "\(crf)", "threads": "\(threads)"]
    if lowDelay { options["tune"] = "zerolatency" }
    return VideoEncoding(
      encoder: Self.encoder, options: options, keyframeSeconds: lowDelay ? 1 : keyframeSeconds,
      needsWholeChroma: true)
  }
}
