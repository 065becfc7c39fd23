import ArgumentParser
import Foundation
import Media
import Network
import Segmentation
import Streaming

/// `csnstream probe`: what an input is, and what `run` would do with it.
struct Probe: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print what an input is: streams, size, rate, live or not, and what run would do.",
    discussion: "Takes the options of run that say how to read the input.")

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup(title: "Input") var source: SourceOptions
  @Option(help: ArgumentHelp("The network that run would use.", valueName: "name"))
  var model = NetworkOptions.standard

  func run() throws {
    let interruption = Interruption()
    let signals = TerminationSignals(interruption)
    try Failure.reporting {
      let input = source.mediaInput
      let description: Description
      do {
        let reader = try MediaReader(
          input, options: source.inputOptions(audio: true), interruption: interruption)
        description = Description(
          input, video: reader.video, audio: reader.audio,
          reconnects: source.reconnection.attempts(
            after: input, isLive: reader.video.isLive) > 0,
          shortEdge: try Catalogue.network(named: model).shortEdge)
      } catch let error as MediaError where error.cause == .interrupted {
        throw ExitCode(signals.exitStatus ?? 1)
      }
      if json {
        try JSONOutput.print(description)
      } else {
        try StandardOutput.print(description.text)
      }
    }
  }

  /// What there is to tell, as JSON shows it.
  private struct Description: Encodable {
    struct Video: Encodable {
      let codec: String
      let size: String
      let pixelFormat: String
      let fps: Double
      let sampleAspectRatio: String
      let rotation: Int
      let mirrored: Bool
    }

    struct Audio: Encodable {
      let codec: String
      let sampleRate: Int
      let channels: Int
    }

    /// What `run` would do without further options.
    struct Plan: Encodable {
      let maskSize: String
      let networkSize: String
      let emit: String
      let drop: String
      let reconnects: Bool
      let overlay: String?
    }

    let input: String
    let container: String
    let live: Bool
    let durationSeconds: Double?
    let frames: Int?
    let video: Video
    let audio: [Audio]
    let run: Plan

    init(
      _ input: MediaInput, video: VideoInfo, audio: [AudioStream], reconnects: Bool, shortEdge: Int
    ) {
      self.input = input.location
      container = video.containerName
      live = video.isLive
      durationSeconds = video.duration
      frames = video.estimatedFrameCount
      self.video = Video(
        codec: video.codecName, size: "\(video.storedSize)", pixelFormat: video.pixelFormatName,
        fps: video.averageFrameRate.doubleValue,
        sampleAspectRatio: "\(video.sampleAspectRatio)", rotation: video.rotation,
        mirrored: video.isMirrored)
      self.audio = audio.map {
        Audio(codec: $0.codecName, sampleRate: $0.sampleRate, channels: $0.channelCount)
      }
      let geometry = InputGeometry(displaySize: video.displaySize, shortEdge: shortEdge)
      run = Plan(
        maskSize: "\(video.displaySize)", networkSize: "\(geometry.canvasSize)",
        emit: Emission.standard(isLive: live).rawValue,
        drop: DropPolicy.standard(isLive: live).rawValue,
        reconnects: reconnects, overlay: try? OutputPlan.defaultOverlay(for: input))
    }

    /// The same for people.
    var text: String {
      var lines = [("input", input), ("container", container), ("live", live ? "yes" : "no")]
      if let durationSeconds {
        let count = frames.map { ", about \($0) frames" } ?? ""
        lines.append(("duration", String(format: "%.3f s", durationSeconds) + count))
      }
      var details = "\(video.codec), \(video.size), \(video.pixelFormat)"
      details += String(format: ", %.3f fps, pixels ", video.fps) + video.sampleAspectRatio
      if video.rotation != 0 { details += ", turned by \(video.rotation)°" }
      if video.mirrored { details += ", mirrored" }
      lines.append(("video", details))
      for stream in audio {
        lines.append(
          ("audio", "\(stream.codec), \(stream.sampleRate) Hz, \(stream.channels) channels"))
      }
      let lost = run.reconnects ? ", opened again when lost" : ""
      lines += [
        ("masks", "\(run.maskSize), computed at \(run.networkSize)"),
        ("run", "--emit \(run.emit) --drop \(run.drop)\(lost)"),
        ("writes", run.overlay ?? "nothing without -o or --mask"),
      ]
      return lines.map { name, value in
        name.padding(toLength: 11, withPad: " ", startingAt: 0) + value
      }.joined(separator: "\n")
    }
  }
}
