import AsyncAlgorithms
public import Inference
public import Media
public import Streaming

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
///     decode, scale, find cuts ─▶ network and average ─▶ deliver
///
/// Before the network wait at most as many frames as a clip takes new ones. When there is no room for
/// another, `DropPolicy.none` makes the source wait, the other policies drop frames. As many masks wait
/// after it, so that the next clip can run while the last one's masks are used. So memory does not
/// grow, whichever stage is slow.
public struct SegmentationPipeline: Sendable {
  /// How the video is cut into clips.
  public let settings: ClipSettings
  /// How pictures are laid out for the network.
  public let geometry: InputGeometry
  /// What happens to pictures that come faster than the network takes them.
  public let drop: DropPolicy
  private let engine: any InferenceEngine

  /// Makes a pipeline around an engine compiled for clips of `settings.clipLength` frames of
  /// `geometry.canvasSize`.
  public init(
    settings: ClipSettings, geometry: InputGeometry, engine: any InferenceEngine,
    drop: DropPolicy = .none
  ) {
    self.settings = settings
    self.geometry = geometry
    self.engine = engine
    self.drop = drop
  }

  /// Segments everything that `source` yields.
  ///
  /// An error of the source ends the run like the end of the video, and is part of the report. When
  /// the task is cancelled or `deliver` throws, `interruption` makes a blocked read return.
  /// - Parameters:
  ///   - source: read until this returns.
  ///   - interruption: the one that `source` obeys.
  ///   - monitor: tells others how the run goes.
  ///   - deliver: called for each item in order, on the actor of the caller if it runs on one, else
  ///     on a thread of its own; it may block.
  /// - Throws: what `deliver` throws, `InferenceError`, `SegmentationError`, `CancellationError`.
  nonisolated(nonsending) public func run(
    source: any FrameSource, interruption: Interruption,
    monitor: PipelineMonitor = PipelineMonitor(),
    deliver: (SegmentedItem) throws -> Void
  ) async throws -> PipelineReport {
    let decoded = DecodedQueue(capacity: max(1, settings.newFramesMax), policy: drop)
    let threads = ["decode", "network", "deliver"].map { ThreadExecutor(name: $0) }
    defer { for thread in threads { thread.stop() } }
    let segmented = AsyncChannel<SegmentedItem>()
    let start = ContinuousClock.now

    try await withTaskExecutorPreference(threads[2]) {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask(executorPreference: threads[0]) {
          await withTaskCancellationHandler {
            decode(source, into: decoded, monitor: monitor)
          } onCancel: {
            interruption.stopReading()
          }
        }
        group.addTask(executorPreference: threads[1]) {
          try await infer(from: decoded, into: segmented, monitor: monitor)
        }
        for await item in segmented.buffer(policy: .bounded(decoded.capacity)) {
          try Task.checkCancellation()
          let seconds = try measuring { try deliver(item) }.seconds
          monitor.update { report in
            report.busySeconds.output += seconds
            if case .frame(let frame) = item { report.count(frame) }
            report.elapsedSeconds = (ContinuousClock.now - start) / .seconds(1)
          }
        }
        // Unlike waitForAll, this ends the other stages once one has failed.
        for try await _ in group {}
        try Task.checkCancellation()
      }
    }
    monitor.update { $0.elapsedSeconds = (ContinuousClock.now - start) / .seconds(1) }
    return monitor.report
  }

  /// Reads and scales until the source ends, fails or the task is cancelled.
  private func decode(
    _ source: any FrameSource, into queue: DecodedQueue, monitor: PipelineMonitor
  ) {
    defer { queue.close() }
    do throws(MediaError) {
      var scaler = try Scaler(
        canvas: geometry.canvasSize, picture: geometry.scaledSize,
        offset: (geometry.left, geometry.top))
      var cuts = CutDetector(
        canvasWidth: geometry.canvasSize.width, left: geometry.left, top: geometry.top,
        width: geometry.scaledSize.width, height: geometry.scaledSize.height)
      var frameCount = 0
      while !Task.isCancelled {
        let (item, decodeSeconds) = try measuring(source.read)
        monitor.update { $0.busySeconds.decode += decodeSeconds }
        switch item {
        case nil: return
        case .audio(let packet): _ = queue.append(.other(.audio(packet)))
        case .discontinuity(let reason):
          if case .reconnected = reason { monitor.update { $0.reconnects += 1 } }
          cuts.beginScene()
          _ = queue.append(.other(.sceneBreak))
        case .video(let picture):
          let arrival = ContinuousClock.now
          let ((canvas, isCut), scaleSeconds) = try measuring { () throws(MediaError) in
            let canvas = try scaler.pixels(of: picture)
            return (canvas, settings.detectsCuts && cuts.isCut(canvas))
          }
          if isCut { _ = queue.append(.other(.sceneBreak)) }
          let dropped = queue.append(
            .frame(
              ScaledFrame(index: frameCount, picture: picture, canvas: canvas, arrival: arrival)))
          frameCount += 1
          let waiting = queue.frameCount
          monitor.update { report in
            report.framesIn = frameCount
            report.dropped += dropped
            report.framesWaiting = waiting
            report.framesWaitingMax = max(report.framesWaitingMax, waiting)
            report.busySeconds.scale += scaleSeconds
          }
        }
      }
    } catch {
      monitor.update { $0.inputError = error }
    }
  }

  /// Runs the network on every clip as it becomes complete.
  private func infer(
    from queue: DecodedQueue, into segmented: AsyncChannel<SegmentedItem>, monitor: PipelineMonitor
  ) async throws {
    // Closing the queue lets go a decoder that waits for room.
    defer {
      queue.close()
      segmented.finish()
    }
    let runner = try ClipRunner(
      engine: engine, settings: settings, geometry: geometry, load: queue.takeLoad)
    while let item = queue.next() {
      try Task.checkCancellation()
      switch item {
      case .other(.audio(let packet)): await segmented.send(.audio(packet))
      case .other(.sceneBreak): try await advance(runner, with: nil, segmented, monitor)
      case .frame(let frame): try await advance(runner, with: frame, segmented, monitor)
      }
      let waiting = queue.frameCount
      monitor.update { $0.framesWaiting = waiting }
    }
    try Task.checkCancellation()
    try await advance(runner, with: nil, segmented, monitor)
  }

  /// Gives the runner the next frame, or the end of a scene for nil, and sends on the frames whose
  /// masks that makes ready.
  private func advance(
    _ runner: ClipRunner, with frame: ScaledFrame?, _ segmented: AsyncChannel<SegmentedItem>,
    _ monitor: PipelineMonitor
  ) async throws {
    let (ready, seconds) = try measuring { () throws(InferenceError) in
      if let frame { try runner.append(frame) } else { try runner.finishScene() }
    }
    monitor.update { [clips = runner.clipCount, overlap = runner.overlap] report in
      report.clips = clips
      report.overlap = overlap
      report.masksWaiting += ready.count
      report.busySeconds.inference += seconds
    }
    for frame in ready { await segmented.send(.frame(frame)) }
  }
}

/// What `body` returns, and the time that it takes.
private func measuring<Result, Failure: Error>(
  _ body: () throws(Failure) -> Result
) throws(Failure) -> (result: Result, seconds: Double) {
  let start = ContinuousClock.now
  let result = try body()
  return (result, (ContinuousClock.now - start) / .seconds(1))
}
