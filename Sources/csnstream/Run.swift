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
  @OptionGroup(title: "Reports") var reports: ReportOptions

  @Option(
    help: ArgumentHelp(
      "Which frames are left out when the network does not keep up. latest: all that wait, the "
        + "latest frame is kept; oldest: the one that has waited longest; none: the source waits. "
        + "latest for live sources, else none. Sound is never left out."))
  var drop: DropPolicy?

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
    } catch let breach as LatencyBreach {
      logger.error("\(breach)")
      throw ExitCode(LatencyContract.exitStatus)
    } catch {
      logger.error("\(Failure.line(error))")
      throw ExitCode(signals.exitStatus ?? 1)
    }
    if let status = signals.exitStatus { throw ExitCode(status) }
  }

  /// Does everything; the result is what ended the input before its time, if anything did.
  private func segment(interruption: Interruption, logger: Logger) async throws -> MediaError? {
    let input = source.mediaInput
    let plan = try OutputPlan(output, reports: reports, input: input, weights: network.weights)
    let reader = try ReconnectingSource(
      input, options: source.inputOptions(audio: !plan.overlays.isEmpty),
      reconnection: source.reconnection, interruption: interruption
    ) { logger.warning("\($0)") }
    try plan.confirmOverwriting(output)
    try checkIsWanted(input, interruption)

    let video = reader.video
    let audio = reader.audio
    let settings = clips.settings(isLive: video.isLive)
    let geometry = InputGeometry(
      displaySize: video.displaySize,
      shortEdge: try clips.inputSize ?? network.description.shortEdge)
    let engine = try network.compile(
      clip: ClipShape(settings, geometry), device: device,
      cacheDirectory: ModelCache.defaultDirectory
    ) { logger.warning("\($0)") }
    let clipSeconds = try secondsPerClip(engine)
    try checkIsWanted(input, interruption)
    let memory = MemoryEstimate.running(
      video: video, settings: settings, geometry: geometry, output: output, plan: plan)
    if let free = AvailableMemory.bytes, memory - ProcessMemory.resident > free {
      throw Failure(
        "\(input.location): its pictures of \(video.displaySize) take about "
          + "\(Quantity.megabytes(memory)) of memory in all, and "
          + "\(Quantity.megabytes(free + ProcessMemory.resident)) can be had")
    }
    let line = startLine(
      engine.summary, settings, video: video, clipSeconds: clipSeconds,
      memory: max(memory, ProcessMemory.peak))
    logger.info("\(line)")

    let monitor = PipelineMonitor()
    let contract = reports.maxLatency.map(LatencyContract.init)
    let log = try startLog(monitor, logger: logger)
    defer { log?.cancel() }
    let outputs = try OutputMaker(
      options: output, clips: clips, video: video, audio: audio, geometry: geometry,
      interruption: interruption, monitor: monitor, contract: contract, logger: logger
    ).makeOutputs(plan)
    var progress = Progress(
      reports.progressStyle, expectedFrames: video.estimatedFrameCount)
    let pipeline = SegmentationPipeline(
      settings: settings, geometry: geometry, engine: engine,
      drop: drop ?? .standard(isLive: video.isLive))
    let report: PipelineReport
    do {
      report = try await pipeline.run(
        source: reader, interruption: interruption, monitor: monitor
      ) { item in
        try outputs.write(item)
        if case .frame(let frame) = item {
          // Live outputs have queues, and count for themselves.
          if !video.isLive { contract?.count(frame) }
          progress.count(seconds: frame.picture.timestamp?.seconds, state: monitor.report)
        }
      }
    } catch {
      // What was written before the error is kept; the error itself is the one to tell.
      try? outputs.finish()
      progress.abandon()
      try? writeStatistics(monitor.report, settings)
      throw error
    }
    progress.finish(dropped: report.dropped)
    if report.dropped > 0 {
      logger.warning(
        """
        \(report.dropped) of \(report.framesIn) frames were dropped: the network, or what takes its \
        masks, did not keep up
        """)
    }
    let finishing = Result { try outputs.finish() }
    // Finishing writes the last frames of live outputs.
    let telling = Result { try writeStatistics(monitor.report, settings) }
    try finishing.get()
    try telling.get()
    if report.inputError == nil, let breach = contract?.breach { throw breach }
    return report.inputError
  }

  /// Ends a run that was interrupted while it began, before outputs are made: files that they would
  /// replace stay.
  private func checkIsWanted(
    _ input: MediaInput, _ interruption: Interruption
  ) throws(MediaError) {
    guard interruption.request == .none else {
      throw MediaError(.interrupted, input.location, "starting was interrupted")
    }
  }

  private func writeStatistics(_ report: PipelineReport, _ settings: ClipSettings) throws {
    guard let path = reports.stats else { return }
    try RunStatistics(report, settings: settings).write(to: path)
  }

  /// Writes the lines of `--stats-interval` from now on, until the task is cancelled.
  private func startLog(_ monitor: PipelineMonitor, logger: Logger) throws -> Task<Void, Never>? {
    guard let interval = reports.statsInterval else { return nil }
    let log = try StatisticsLog(interval: interval, path: reports.statsLog)
    return Task {
      do { try await log.run(monitor) } catch is CancellationError {} catch {
        logger.warning("no more statistics: \(Failure.reason(error))")
      }
    }
  }

  /// Runs the network until its memory is taken and its speed known.
  private func secondsPerClip(_ engine: OpenVINOEngine) throws -> Double {
    func run() throws -> Double {
      let start = ContinuousClock.now
      try engine.run(fill: { _ in }, read: { _, _ in })
      return (ContinuousClock.now - start) / .seconds(1)
    }
    // The first run generates code as well, which counts for little in a slow network.
    let first = try run()
    return first > 2 ? first : try run()
  }

  /// What runs, how late masks will be and how much memory it takes.
  private func startLine(
    _ engine: EngineSummary, _ settings: ClipSettings, video: VideoInfo, clipSeconds: Double,
    memory: Int
  ) -> String {
    let bound = settings.latencyBoundInFrames
    let seconds = Double(bound) / video.averageFrameRate.doubleValue + clipSeconds
    let overlap = settings.minimumOverlap.map { "\($0) to \(settings.overlap)" }
    return "\(network.model) on \(engine); T_c \(settings.clipLength), "
      + "T_o \(overlap ?? "\(settings.overlap)"), masks at most \(bound) frames late, about "
      + "\(Int((seconds * 1000).rounded())) ms with \(Int((clipSeconds * 1000).rounded())) ms a clip; "
      + "about \(memory / 1_000_000) MB of memory"
  }
}
