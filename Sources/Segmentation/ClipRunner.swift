import Inference
public import Media
public import Streaming

/// How a video is cut into clips and when masks come out (paper, section 3.3).
public struct ClipSettings: Hashable, Sendable {
  /// T_c, the frames of a clip; at least 1.
  public var clipLength = 8
  /// T_o, the frames that neighbouring clips share; from 0 to T_c − 1.
  public var overlap = 3
  /// What T_o may fall to while the network does not keep up with a source that waits for nobody; from
  /// 0 to `overlap`. It rises to `overlap` again when there is time. Nil: it never falls.
  public var minimumOverlap: Int?
  /// Which prediction of a frame is used.
  public var emission = Emission.final
  /// How the end of the video is covered.
  public var tail = TailSchedule.anchored
  /// Whether cuts are looked for, so that no clip reaches across one.
  public var detectsCuts = true

  /// The published setting: T_c 8, T_o 3, averaged.
  public init() {}

  /// The largest number of newer frames that have been taken from the source when a mask comes out,
  /// dropped ones not counted; see `SegmentedFrame.hasLatencyBound`.
  public var latencyBoundInFrames: Int {
    emission.latencyBound(clipLength: clipLength, overlap: minimumOverlap ?? overlap)
  }

  /// The number of new frames that a clip takes at most.
  public var newFramesMax: Int { clipLength - (minimumOverlap ?? overlap) }
}

/// A picture of the source with what the network sees of it.
struct ScaledFrame: Sendable {
  /// The number of the picture, from 0.
  let index: Int
  let picture: VideoFrame
  /// Packed 8-bit RGB on the network's canvas, [H, W, 3]; empty once the ring has it.
  var canvas: [UInt8]
  /// When the picture came out of the decoder.
  let arrival: ContinuousClock.Instant
}

/// A picture of the source with its foreground probabilities.
public struct SegmentedFrame: Sendable {
  /// The number of the picture in the source, from 0. Dropped pictures leave gaps.
  public let index: Int
  /// The picture itself.
  public let picture: VideoFrame
  /// [H, W] on the network's canvas, 0…1; see `MaskScaler`.
  public let probabilities: [Float]
  /// How much the clips that saw the picture disagree, 0…1; see `FrameProbabilities.disagreement`.
  public let disagreement: Float?
  /// The number of the scene, from 0. A new one begins with a picture that does not continue the one
  /// before it: after a cut, a gap, or in another format.
  public let scene: Int
  /// The number of newer frames that had been taken from the source when the mask was ready, dropped
  /// ones not counted.
  public let latencyInFrames: Int
  /// Whether `ClipSettings.latencyBoundInFrames` holds for it: not with `Emission.first` for the first
  /// clip of a scene, whose frames come out together.
  public let hasLatencyBound: Bool
  /// When the picture came out of the decoder.
  public let arrival: ContinuousClock.Instant
}

/// Runs the network on the clips of a stream of frames: the ring, the scheduler, the engine and the
/// accumulator, one after the other on the caller's thread.
final class ClipRunner {
  private let engine: any InferenceEngine
  private let emission: Emission
  private let load: @Sendable () -> Int
  private var ring: FrameRing
  private var scheduler: ClipScheduler
  private var accumulator: OverlapAccumulator
  private var overlapController: OverlapController?
  /// The pictures whose masks have not come out, oldest first.
  private var pending: [ScaledFrame] = []
  /// The number of the current scene.
  private var scene = 0
  private var sceneHasFrames = false
  /// The number of clips run.
  private(set) var clipCount = 0

  /// - Parameter load: tells at the end of a run how many frames have come and were not taken.
  /// - Throws: `SegmentationError` if the settings make no clips or the engine takes other ones.
  init(
    engine: any InferenceEngine, settings: ClipSettings, geometry: InputGeometry,
    load: @escaping @Sendable () -> Int
  ) throws(SegmentationError) {
    let leastOverlap = settings.minimumOverlap ?? settings.overlap
    guard
      let scheduler = ClipScheduler(
        clipLength: settings.clipLength, overlap: settings.overlap, tail: settings.tail),
      (0...settings.overlap).contains(leastOverlap)
    else {
      throw SegmentationError(
        "clips of \(settings.clipLength) frames cannot overlap by "
          + (settings.minimumOverlap.map { "\($0) to " } ?? "") + "\(settings.overlap)")
    }
    let canvas = geometry.canvasSize
    let inputShape = [settings.clipLength, canvas.height, canvas.width, 3]
    guard engine.inputShape == inputShape, engine.outputs.map(\.shape) == [inputShape.dropLast()]
    else {
      throw SegmentationError(
        "the engine takes clips of \(engine.inputShape), the video makes \(inputShape)")
    }
    self.engine = engine
    self.scheduler = scheduler
    self.load = load
    emission = settings.emission
    ring = FrameRing(
      capacity: settings.clipLength, bytesPerFrame: geometry.canvasPixels * 3)
    accumulator = OverlapAccumulator(
      clipLength: settings.clipLength, pixelsPerFrame: geometry.canvasPixels,
      emission: settings.emission)
    if leastOverlap < settings.overlap {
      overlapController = OverlapController(
        clipLength: settings.clipLength, limits: leastOverlap...settings.overlap)
    }
  }

  /// T_o, the frames that the next clip shares with the last one.
  var overlap: Int { scheduler.overlap }

  /// Takes the next frame; returns the frames whose masks are ready now, in order.
  func append(_ frame: ScaledFrame) throws(InferenceError) -> [SegmentedFrame] {
    ring.append(frame.canvas)
    var frame = frame
    frame.canvas = []
    pending.append(frame)
    sceneHasFrames = true
    guard let clip = scheduler.append() else { return [] }
    return try run(clip)
  }

  /// Runs the clips that the end of a scene, or of the video, leaves over; returns its remaining
  /// frames. The next clip has no frame of it.
  func finishScene() throws(InferenceError) -> [SegmentedFrame] {
    var segmented: [SegmentedFrame] = []
    while let clip = scheduler.finish() { segmented += try run(clip) }
    segmented += release(accumulator.finish(), hasLatencyBound: true)
    if sceneHasFrames { scene += 1 }
    sceneHasFrames = false
    return segmented
  }

  private func run(_ clip: Clip) throws(InferenceError) -> [SegmentedFrame] {
    var ready: [FrameProbabilities] = []
    var areNumbers = true
    try engine.run(
      fill: { input in ring.copy(clip.frames, to: &input) },
      read: { _, probabilities in
        areNumbers = Self.areNumbers(probabilities)
        guard areNumbers else { return }
        if let overlap = overlapController?.update(waiting: load()) { scheduler.overlap = overlap }
        ready = accumulator.add(
          clip, closedFrames: scheduler.closedFrames, probabilities: probabilities)
      })
    guard areNumbers else {
      throw InferenceError(
        .model, "the network gives probabilities that are no numbers: its weights may be damaged")
    }
    clipCount += 1
    return release(ready, hasLatencyBound: emission == .final || !clip.isFirstOfScene)
  }

  /// Whether none is NaN or infinite: those would make their sum so.
  private static func areNumbers(_ values: Span<Float>) -> Bool {
    var sum: Float = 0
    for index in values.indices { sum += values[index] }
    return sum.isFinite
  }

  private func release(
    _ ready: [FrameProbabilities], hasLatencyBound: Bool
  ) -> [SegmentedFrame] {
    let segmented = zip(pending, ready).map { frame, result in
      SegmentedFrame(
        index: frame.index, picture: frame.picture, probabilities: result.values,
        disagreement: result.disagreement, scene: scene,
        latencyInFrames: scheduler.frameCount - 1 - result.frame,
        hasLatencyBound: hasLatencyBound, arrival: frame.arrival)
    }
    pending.removeFirst(ready.count)
    return segmented
  }
}
