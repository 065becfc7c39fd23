import AsyncAlgorithms
public import Inference
public import Media
import Streaming

/// Where the pipeline's pictures come from. It is read from one thread only.
public protocol FrameSource: AnyObject, Sendable {
  /// The next picture or audio packet, nil at the end; blocks until there is one.
  func read() throws(MediaError) -> MediaItem?
}

/// What the pipeline delivers.
public enum SegmentedItem: Sendable {
  /// A picture with its mask, in order.
  case frame(SegmentedFrame)
  /// A packet of the source's audio, not held back.
  case audio(AudioPacket)
}

/// Three stages side by side, each on a thread of its own:
///
///     decode and scale ─▶ network and average ─▶ deliver
///
/// Bounded channels join them, so that a slow stage slows those before it and memory does not grow.
/// The channel into the network holds one clip's new frames, the one out of it as many masks, so that
/// the next clip can run while the last one's masks are used.
public struct SegmentationPipeline: Sendable {
  /// How the video is cut into clips.
  public let settings: ClipSettings
  /// How pictures are laid out for the network.
  public let geometry: InputGeometry
  private let engine: any InferenceEngine

  /// Makes a pipeline around an engine compiled for clips of `settings.clipLength` frames of
  /// `geometry.canvasSize`.
  public init(
    settings: ClipSettings, geometry: InputGeometry, engine: any InferenceEngine
  ) {
    self.settings = settings
    self.geometry = geometry
    self.engine = engine
  }

  /// Segments everything that `source` yields.
  ///
  /// An error of the source ends the run like the end of the video, and is part of the report. When
  /// the task is cancelled or `deliver` throws, `interruption` makes a blocked read return.
  /// - Parameters:
  ///   - source: read until this returns.
  ///   - interruption: the one that `source` obeys.
  ///   - deliver: called for each item in order, on the actor of the caller if it runs on one, else
  ///     on a thread of its own; it may block.
  /// - Throws: what `deliver` throws, `InferenceError`, `SegmentationError`, `CancellationError`.
  nonisolated(nonsending) public func run(
    source: any FrameSource, interruption: Interruption,
    deliver: (SegmentedItem) throws -> Void
  ) async throws -> PipelineReport {
    let runner = try ClipRunner(engine: engine, settings: settings, geometry: geometry)
    let threads = ["decode", "network", "deliver"].map { ThreadExecutor(name: $0) }
    defer { for thread in threads { thread.stop() } }
    let frames = AsyncChannel<DecodedItem>()
    let segmented = AsyncChannel<SegmentedItem>()
    let start = ContinuousClock.now

    return try await withTaskExecutorPreference(threads[2]) {
      try await withThrowingTaskGroup(of: StageReport.self) { group in
        group.addTask(executorPreference: threads[0]) {
          await withTaskCancellationHandler {
            await decode(source, into: frames)
          } onCancel: {
            interruption.stopReading()
          }
        }
        group.addTask(executorPreference: threads[1]) {
          try await infer(runner, from: frames, into: segmented)
        }
        var report = PipelineReport()
        for await item in segmented.buffer(policy: .bounded(channelCapacity)) {
          try Task.checkCancellation()
          try measuring(&report.busySeconds.output) { try deliver(item) }
          if case .frame(let frame) = item { report.count(frame, settings: settings) }
        }
        for try await addStage in group { addStage(&report) }
        try Task.checkCancellation()
        report.elapsedSeconds = (ContinuousClock.now - start) / .seconds(1)
        return report
      }
    }
  }

  /// Adds what a stage did to the report.
  private typealias StageReport = @Sendable (inout PipelineReport) -> Void

  private enum DecodedItem: Sendable {
    case frame(ScaledFrame)
    case audio(AudioPacket)
  }

  private var channelCapacity: Int { max(1, settings.clipLength - settings.overlap) }

  /// Reads and scales until the source ends, fails or the task is cancelled.
  private func decode(
    _ source: any FrameSource, into frames: AsyncChannel<DecodedItem>
  ) async -> StageReport {
    defer { frames.finish() }
    var busy = PipelineReport.BusySeconds()
    var frameCount = 0
    var inputError: MediaError?
    do throws(MediaError) {
      var scaler = try Scaler(
        canvas: geometry.canvasSize, picture: geometry.scaledSize,
        offset: (geometry.left, geometry.top))
      while !Task.isCancelled, let item = try measuring(&busy.decode, source.read) {
        switch item {
        case .discontinuity: break
        case .audio(let packet): await frames.send(.audio(packet))
        case .video(let picture):
          let arrival = ContinuousClock.now
          let canvas = try measuring(&busy.scale) { () throws(MediaError) in
            try self.canvas(of: picture, scaledBy: &scaler)
          }
          frameCount += 1
          await frames.send(
            .frame(ScaledFrame(picture: picture, canvas: canvas, arrival: arrival)))
        }
      }
    } catch {
      inputError = error
    }
    return { [busy, frameCount, inputError] report in
      report.framesIn = frameCount
      report.busySeconds.decode = busy.decode
      report.busySeconds.scale = busy.scale
      report.inputError = inputError
    }
  }

  private func canvas(
    of picture: VideoFrame, scaledBy scaler: inout Scaler
  ) throws(MediaError) -> [UInt8] {
    var canvas = [UInt8](repeating: 0, count: scaler.byteCount)
    var error: MediaError?
    canvas.withUnsafeMutableBytes { bytes in
      do throws(MediaError) { try scaler.scale(picture, into: bytes) } catch let failure {
        error = failure
      }
    }
    if let error { throw error }
    return canvas
  }

  /// Runs the network on every clip as it becomes complete.
  private func infer(
    _ runner: consuming ClipRunner, from frames: AsyncChannel<DecodedItem>,
    into segmented: AsyncChannel<SegmentedItem>
  ) async throws -> StageReport {
    defer { segmented.finish() }
    var runner = runner
    var busy = 0.0
    for await item in frames.buffer(policy: .bounded(channelCapacity)) {
      try Task.checkCancellation()
      switch item {
      case .audio(let packet): await segmented.send(.audio(packet))
      case .frame(let frame):
        let ready = try measuring(&busy) { () throws(InferenceError) in try runner.append(frame) }
        for frame in ready { await segmented.send(.frame(frame)) }
      }
    }
    try Task.checkCancellation()
    let rest = try measuring(&busy) { () throws(InferenceError) in try runner.finish() }
    for frame in rest { await segmented.send(.frame(frame)) }
    return { [busy, clips = runner.clipCount] report in
      report.clips = clips
      report.busySeconds.inference = busy
    }
  }
}

/// Adds the time that `body` takes to `seconds`.
private func measuring<Result, Failure: Error>(
  _ seconds: inout Double, _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  let start = ContinuousClock.now
  defer { seconds += (ContinuousClock.now - start) / .seconds(1) }
  return try body()
}
