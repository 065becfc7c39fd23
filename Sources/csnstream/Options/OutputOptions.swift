public import ArgumentParser
public import Media
public import Segmentation

/// What is written.
struct OutputOptions: ParsableArguments {
  @Option(
    name: [.short, .customLong("overlay")],
    help: ArgumentHelp(
      "Video with the masks drawn on: a file, NAME.m3u8 (HLS), an rtmp, rtsp, udp, tcp or srt URL, "
        + "/dev/videoN (v4l2loopback), - for stdout. May be repeated. INPUT_overlay.mp4 if no output "
        + "is named.",
      valueName: "file"))
  var overlays: [String] = []

  @Option(help: "What -o - writes: y4m, nut or mpegts.")
  var overlayFormat = VideoStreamFormat.y4m

  @Option(
    name: .customLong("mask"),
    help: ArgumentHelp(
      "Masks: NAME.mkv (lossless FFV1), DIR/%05d.png, NAME.y4m, NAME.gray, a stream as with -o; "
        + "- for stdout. May be repeated.",
      valueName: "file"))
  var masks: [String] = []

  @Option(help: "What --mask - writes: y4m (mono) or gray (bare 8-bit frames).")
  var format = MaskStreamFormat.y4m

  @Option(
    help: ArgumentHelp(
      "What is in each mask, as lines of JSON: objects, where they are, appearing and vanishing; "
        + "- for stdout.",
      valueName: "file"))
  var events: String?

  @Option(
    help: ArgumentHelp("Share of the picture that makes an object of --events.", valueName: "0…1"))
  var minObject = 0.001

  @Option(
    help: ArgumentHelp(
      "When an output that was opened cannot be written any more: fail ends the run, drop goes on "
        + "with the others."))
  var onOutputError = OutputGroup.FailurePolicy.fail

  @Option(help: ArgumentHelp("Probability above which a pixel is foreground.", valueName: "0…1"))
  var threshold: Float = 0.5

  @Flag(help: "Masks are probabilities, 0 to 255, instead of 0 and 255.")
  var soft = false

  @Option(help: "tint or outline.")
  var style = OverlayRenderer.Style.tint

  @Option(
    name: [.customLong("colour"), .customLong("color")],
    help: ArgumentHelp(
      "Colour of the overlay: #RRGGBB, red, orange, yellow, green, cyan, blue, magenta, white or "
        + "black.", valueName: "colour"))
  var colour = Color(red: 0xFF, green: 0x30, blue: 0x30)

  @Option(help: ArgumentHelp("Share of the colour.", valueName: "0…1"))
  var opacity: Double?

  @Option(
    help: ArgumentHelp(
      "x264's preset for the overlay: \(H264Settings.presets.joined(separator: ", ")).",
      valueName: "name"))
  var preset = H264Settings().preset

  @Option(help: ArgumentHelp("x264's constant rate factor, 0 to 51.", valueName: "crf"))
  var crf = H264Settings().crf

  @Flag(help: "Write MP4 in fragments, as live: a file that is cut off plays up to there.")
  var fragmented = false

  @Flag(
    name: .customShort("y"),
    help: "Overwrite existing outputs. Numbered masks beyond the new ones stay.")
  var overwrite = false

  @Flag(name: .customShort("n"), help: "Never overwrite, and do not ask.")
  var keep = false

  func validate() throws {
    guard (0...1).contains(threshold) else {
      throw ValidationError("--threshold must be from 0 to 1")
    }
    if let opacity, !(0...1).contains(opacity) {
      throw ValidationError("--opacity must be from 0 to 1")
    }
    guard (0...51).contains(crf) else { throw ValidationError("--crf must be from 0 to 51") }
    guard H264Settings.presets.contains(preset) else {
      throw ValidationError(
        "--preset must be one of \(H264Settings.presets.joined(separator: ", "))")
    }
    if overwrite && keep { throw ValidationError("-y and -n exclude each other") }
    guard (0...1).contains(minObject) else {
      throw ValidationError("--min-object must be from 0 to 1")
    }
    if (overlays + masks + [events]).filter({ $0 == "-" }).count > 1 {
      throw ValidationError("only one output can be standard output")
    }
  }

  var renderer: OverlayRenderer {
    OverlayRenderer(
      style: style, color: colour, opacity: opacity ?? (style == .tint ? 0.5 : 1))
  }

  /// How an overlay is written to `path`.
  func overlaySettings(_ path: String, isLive: Bool) throws(MediaError) -> OutputSettings {
    if path == "-" { return .overlayStream(overlayFormat, h264: h264, isLive: isLive) }
    return try .overlay(path, h264: h264, fragmented: fragmented, isLive: isLive)
  }

  /// How masks are written to `path`.
  func maskSettings(_ path: String, isLive: Bool) throws(MediaError) -> OutputSettings {
    try .mask(path, streamFormat: format, h264: h264, isLive: isLive)
  }

  private var h264: H264Settings {
    var settings = H264Settings()
    settings.preset = preset
    settings.crf = crf
    return settings
  }
}

extension VideoStreamFormat: ExpressibleByArgument {}
extension OutputGroup.FailurePolicy: ExpressibleByArgument {}
extension MaskStreamFormat: ExpressibleByArgument {}
extension OverlayRenderer.Style: ExpressibleByArgument {}
extension Color: ExpressibleByArgument {
  /// How help shows the default.
  public var defaultValueDescription: String { description }

  /// Reads `#RRGGBB` or a name.
  public init?(argument: String) { self.init(argument) }
}
