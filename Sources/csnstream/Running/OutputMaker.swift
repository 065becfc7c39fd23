import Logging
import Media
import Segmentation
import Streaming

/// Opens the outputs of a run.
struct OutputMaker {
  let options: OutputOptions
  let clips: ClipOptions
  let video: VideoInfo
  let audio: [AudioStream]
  let geometry: InputGeometry
  let interruption: Interruption
  let monitor: PipelineMonitor
  let contract: LatencyContract?
  let logger: Logger

  /// Opens what `plan` says; what cannot be written fails here as far as that can be known.
  func makeOutputs(_ plan: OutputPlan) throws -> OutputGroup {
    let makers =
      plan.overlays.map { ($0, makeOverlay) } + plan.masks.map { ($0, makeMasks) }
    // Hosts first: one that does not answer leaves the files as they are.
    let ordered = makers.filter { isURL($0.0) } + makers.filter { !isURL($0.0) }
    var outputs = try ordered.map { path, make in try make(path) }
    if let events = plan.events {
      try outputs.append(
        queued(events == "-" ? "standard output" : events) { interruption in
          EventOutput(
            try TextOutput(events, interruption: interruption), geometry: geometry,
            threshold: options.threshold, minimumArea: options.minObject)
        })
    }
    return OutputGroup(outputs, onFailure: options.onOutputError, report: warn)
  }

  private func makeOverlay(_ path: String) throws -> any SegmentationOutput {
    let settings = try options.overlaySettings(path, isLive: video.isLive)
    return try queued(settings.location) { interruption in
      OverlayOutput(
        try writer(settings, audio: audio, interruption), geometry: geometry, masks: binary,
        renderer: options.renderer, warn: warn)
    }
  }

  private func makeMasks(_ path: String) throws -> any SegmentationOutput {
    let settings = try options.maskSettings(path, isLive: video.isLive)
    return try queued(settings.location) { interruption in
      MaskOutput(
        try writer(settings, audio: [], interruption), geometry: geometry,
        masks: options.soft ? .soft : binary)
    }
  }

  private func isURL(_ path: String) -> Bool { path.contains("://") }

  private var binary: MaskScaler.Output {
    clips.schedule == .published
      ? .binaryNearest(threshold: options.threshold) : .binary(threshold: options.threshold)
  }

  private var warn: @Sendable (String) -> Void {
    { [logger] in logger.warning("\($0)") }
  }

  private func writer(
    _ settings: OutputSettings, audio: [AudioStream], _ interruption: Interruption
  ) throws -> VideoWriter {
    try VideoWriter(
      settings, timeBase: video.timeBase, frameRate: video.averageFrameRate, audio: audio,
      interruption: interruption)
  }

  /// An output, on a thread of its own if live; else it holds up the source, and nothing is lost.
  private func queued(
    _ name: String, _ make: (Interruption) throws -> any SegmentationOutput
  ) throws -> any SegmentationOutput {
    guard video.isLive else { return try make(interruption) }
    let ownInterruption = Interruption(under: interruption)
    return QueuedOutput(
      try make(ownInterruption), name: name, capacity: Self.queueCapacity(clips.clipLength),
      interruption: ownInterruption, monitor: monitor,
      written: { [contract] in contract?.count($0) }, report: warn)
  }

  /// The frames that may wait for an output: those of a clip come at once, and those of the one before
  /// may not be written yet.
  static func queueCapacity(_ clipLength: Int) -> Int { 2 * clipLength }
}
