import ArgumentParser
import Foundation
import Inference
import Logging
import Media
import Network
import Segmentation
import Streaming

/// `csnstream run`: a video in, its overlay and masks out.
struct Run: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Segment a video: write its overlay, its masks, or both.")

  @OptionGroup(title: "Input") var source: SourceOptions
  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup(title: "Network") var network: NetworkOptions
  @OptionGroup(title: "Device") var device: DeviceOptions
  @OptionGroup(title: "Clips") var clips: ClipOptions

  @Option(help: ArgumentHelp("Write what happened as JSON.", valueName: "file"))
  var stats: String?

  @Option(help: "auto (a bar on a terminal), none, json or ffmpeg; on stderr.")
  var progress = ProgressStyle.auto

  func run() async throws {
    let logger = Logger(label: "csnstream") { _ in ConsoleLogHandler() }
    let interruption = Interruption()
    let signals = TerminationSignals(interruption)
    do {
      let error = try await segment(interruption: interruption, logger: logger)
      if let error { throw error }
    } catch let error as MediaError where error.cause == .brokenPipe {
      // The reader of our output has what it wanted.
      throw ExitCode(128 + SIGPIPE)
    } catch let error as MediaError where error.cause == .interrupted {
      // A signal came before the first frame.
    } catch {
      logger.error("\(Failure.line(error))")
      throw ExitCode(signals.exitStatus ?? 1)
    }
    if let status = signals.exitStatus { throw ExitCode(status) }
  }

  /// Does everything; the result is what ended the input before its time, if anything did.
  private func segment(interruption: Interruption, logger: Logger) async throws -> MediaError? {
    let input = MediaInput(argument: source.input)
    let plan = try OutputPlan(output, statistics: stats, input: input)
    let reader = try ReconnectingSource(
      input, options: source.inputOptions(audio: !plan.overlays.isEmpty),
      reconnection: source.reconnection, interruption: interruption
    ) { logger.warning("\($0)") }
    try plan.confirmOverwriting(output)

    let video = reader.video
    let audio = reader.audio
    let settings = clips.settings
    let geometry = InputGeometry(
      displaySize: video.displaySize,
      shortEdge: try clips.inputSize ?? network.description.shortEdge)
    let engine = try makeEngine(settings: settings, geometry: geometry, logger: logger)
    // The first run is the slow one and the one that takes its memory.
    try engine.run(fill: { _ in }, read: { _, _ in })
    let memory = MemoryEstimate.peak(
      video: video, settings: settings, geometry: geometry, output: output, plan: plan)
    logger.info("\(startLine(engine: engine, settings: settings, video: video, memory: memory))")

    let outputs = try OutputMaker(
      options: output, clips: clips, video: video, audio: audio, geometry: geometry,
      interruption: interruption, logger: logger
    ).makeOutputs(plan)
    var progress = Progress(progress, expectedFrames: video.estimatedFrameCount)
    let pipeline = SegmentationPipeline(settings: settings, geometry: geometry, engine: engine)
    let report: PipelineReport
    do {
      report = try await pipeline.run(source: reader, interruption: interruption) { item in
        try outputs.write(item)
        if case .frame(let frame) = item {
          progress.count(seconds: frame.picture.timestamp?.seconds)
        }
      }
    } catch {
      // What was written before the error is kept; the error itself is the one to tell.
      try? outputs.finish()
      progress.abandon()
      throw error
    }
    progress.finish()
    try outputs.finish()
    if let stats { try RunStatistics(report, settings: settings).write(to: stats) }
    return report.inputError
  }

  private func makeEngine(
    settings: ClipSettings, geometry: InputGeometry, logger: Logger
  ) throws -> OpenVINOEngine {
    let model = try network.load()
    var options = device.engineOptions(cacheDirectory: ModelCache.defaultDirectory)
    do {
      return try OpenVINOEngine(model, settings: settings, geometry: geometry, options: options)
    } catch let error as InferenceError where error.code == .cache {
      logger.warning("\(Failure.line(error)); every start compiles the network anew")
      options.cacheDirectory = nil
      return try OpenVINOEngine(model, settings: settings, geometry: geometry, options: options)
    }
  }

  /// What runs, how late masks will be and how much memory it takes.
  private func startLine(
    engine: OpenVINOEngine, settings: ClipSettings, video: VideoInfo, memory: Int
  ) -> String {
    let bound = settings.latencyBoundInFrames
    let milliseconds = Int((Double(bound) / video.averageFrameRate.doubleValue * 1000).rounded())
    return "\(network.model) on \(engine.summary); T_c \(settings.clipLength), "
      + "T_o \(settings.overlap), masks at most \(bound) frames (\(milliseconds) ms) late; "
      + "about \(memory / 1_000_000) MB of memory"
  }
}
