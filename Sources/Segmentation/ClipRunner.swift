import Inference
public import Media
public import Streaming

/// How a video is cut into clips and when masks come out (paper, section 3.3).
public struct ClipSettings: Hashable, Sendable {
  /// T_c, the frames of a clip; at least 1.
  public var clipLength = 8
  /// T_o, the frames that neighbouring clips share; from 0 to T_c − 1.
  public var overlap = 3
  /// Which prediction of a frame is used.
  public var emission = Emission.final
  /// How the end of the video is covered.
  public var tail = TailSchedule.anchored

  /// The published setting: T_c 8, T_o 3, averaged.
  public init() {}

  /// The largest number of newer frames that have arrived when a mask comes out; with
  /// `Emission.first` from the second clip on.
  public var latencyBoundInFrames: Int {
    emission.latencyBound(clipLength: clipLength, overlap: overlap)
  }
}

/// A picture of the source with what the network sees of it.
struct ScaledFrame: Sendable {
  let picture: VideoFrame
  /// Packed 8-bit RGB on the network's canvas, [H, W, 3].
  let canvas: [UInt8]
  /// When the picture came out of the decoder.
  let arrival: ContinuousClock.Instant
}

/// A picture of the source with its foreground probabilities.
public struct SegmentedFrame: Sendable {
  /// The number of the picture, from 0.
  public let index: Int
  /// The picture itself.
  public let picture: VideoFrame
  /// [H, W] on the network's canvas, 0…1; see `MaskScaler`.
  public let probabilities: [Float]
  /// The number of newer frames that had arrived when the mask was ready.
  public let latencyInFrames: Int
  /// When the picture came out of the decoder.
  public let arrival: ContinuousClock.Instant
  /// How much the clips that saw the picture disagree, 0…1; nil where only one did.
  public var disagreement: Float?
}

/// Runs the network on the clips of a stream of frames: the ring, the scheduler, the engine and the
/// accumulator, one after the other on the caller's thread.
struct ClipRunner {
  private let engine: any InferenceEngine
  private var ring: FrameRing
  private var scheduler: ClipScheduler
  private var accumulator: OverlapAccumulator
  /// The pictures whose masks have not come out, oldest first.
  private var pending: [ScaledFrame] = []
  /// The number of clips run.
  private(set) var clipCount = 0

  /// - Throws: `SegmentationError` if the settings make no clips or the engine takes other ones.
  init(
    engine: any InferenceEngine, settings: ClipSettings, geometry: InputGeometry
  ) throws(SegmentationError) {
    guard
      let scheduler = ClipScheduler(
        clipLength: settings.clipLength, overlap: settings.overlap, tail: settings.tail)
    else {
      throw SegmentationError(
        "clips of \(settings.clipLength) frames cannot overlap by \(settings.overlap)")
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
    ring = FrameRing(
      capacity: settings.clipLength, bytesPerFrame: geometry.canvasPixels * 3)
    accumulator = OverlapAccumulator(
      clipLength: settings.clipLength, pixelsPerFrame: geometry.canvasPixels,
      emission: settings.emission)
  }

  /// Takes the next frame; returns the frames whose masks are ready now, in order.
  mutating func append(_ frame: ScaledFrame) throws(InferenceError) -> [SegmentedFrame] {
    ring.append(frame.canvas)
    pending.append(frame)
    guard let clip = scheduler.append() else { return [] }
    return try run(clip)
  }

  /// Runs the clips that the end of the video leaves over; returns the remaining frames.
  mutating func finish() throws(InferenceError) -> [SegmentedFrame] {
    var segmented: [SegmentedFrame] = []
    for clip in scheduler.finish() { segmented += try run(clip) }
    return segmented + release(accumulator.finish())
  }

  private mutating func run(_ clip: Clip) throws(InferenceError) -> [SegmentedFrame] {
    var ready: [FrameProbabilities] = []
    try engine.run(
      fill: { input in ring.copy(clip.frames, to: &input) },
      read: { _, probabilities in
        ready = accumulator.add(clip, probabilities: probabilities)
      })
    clipCount += 1
    return release(ready)
  }

  private mutating func release(_ ready: [FrameProbabilities]) -> [SegmentedFrame] {
    let segmented = zip(pending, ready).map { frame, result in
      SegmentedFrame(
        index: result.frame, picture: frame.picture, probabilities: result.values,
        latencyInFrames: scheduler.frameCount - 1 - result.frame, arrival: frame.arrival)
    }
    pending.removeFirst(ready.count)
    return segmented
  }
}
