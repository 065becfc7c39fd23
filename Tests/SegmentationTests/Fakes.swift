import Foundation
import Inference
import Media
import Segmentation
import Synchronization

/// A network that finds each frame's foreground in the frame itself: the probability of a pixel is its
/// red value / 255. One that mixes makes it the mean over all frames of the clip, so that every frame
/// of a clip shows in every mask of it.
final class FakeEngine: InferenceEngine {
  let summary = EngineSummary(
    engine: "fake", device: .cpu, deviceName: "none", precision: .f32, threads: 1)
  let inputShape: [Int]
  let outputs: [EngineOutput]
  /// How long a run takes; may be changed at any time.
  let delay: Mutex<Duration>
  private let failingRun: Int?
  private let mixes: Bool
  private let runCount = Atomic(0)

  init(
    clipLength: Int, canvas: PixelSize, delay: Duration = .zero, failingRun: Int? = nil,
    mixes: Bool = false
  ) {
    inputShape = [clipLength, canvas.height, canvas.width, 3]
    outputs = [EngineOutput(name: "foreground", shape: inputShape.dropLast())]
    self.delay = Mutex(delay)
    self.failingRun = failingRun
    self.mixes = mixes
  }

  func run(
    fill: (inout MutableSpan<UInt8>) -> Void, read: (EngineOutput, Span<Float>) -> Void
  ) throws(InferenceError) {
    let run = runCount.add(1, ordering: .relaxed).newValue
    if run == failingRun { throw InferenceError(.library, "the fake engine broke") }
    var input = [UInt8](repeating: 0, count: inputShape.reduce(1, *))
    var span = input.mutableSpan
    fill(&span)
    Thread.sleep(forTimeInterval: delay.withLock { $0 } / .seconds(1))
    var output = (0..<input.count / 3).map { Float(input[$0 * 3]) / 255 }
    if mixes {
      let (frames, pixels) = (inputShape[0], inputShape[1] * inputShape[2])
      for pixel in 0..<pixels {
        let sum = (0..<frames).reduce(0) { $0 + output[$1 * pixels + pixel] }
        for frame in 0..<frames { output[frame * pixels + pixel] = sum / Float(frames) }
      }
    }
    read(outputs[0], output.span)
  }
}

/// Gray pictures of 64×32, then the end, an error, or silence until interrupted.
final class FakeSource: FrameSource {
  enum End { case regular, error(MediaError), silence }

  static let size = PixelSize(width: 64, height: 32)
  private let frameCount: Int
  private let end: End
  private let interruption: Interruption
  private let interval: Duration?
  private let start = ContinuousClock.now
  private let breaks: Set<Int>
  private let draw: @Sendable (_ index: Int, _ x: Int, _ y: Int) -> UInt8
  let readCount = Atomic(0)
  private let lastBreak = Atomic(-1)

  /// - Parameters:
  ///   - interval: if not nil, pictures come at this pace, however long a reader stays away.
  ///   - breaks: numbers of pictures that do not continue those before.
  ///   - draw: the gray of a pixel of a picture; the picture's number if not given.
  init(
    frameCount: Int, end: End = .regular, interruption: Interruption = Interruption(),
    interval: Duration? = nil, breaks: Set<Int> = [],
    draw: @escaping @Sendable (Int, Int, Int) -> UInt8 = { index, _, _ in
      UInt8(truncatingIfNeeded: index)
    }
  ) {
    self.frameCount = frameCount
    self.end = end
    self.interruption = interruption
    self.interval = interval
    self.breaks = breaks
    self.draw = draw
  }

  func read() throws(MediaError) -> MediaItem? {
    if interruption.request != .none { return nil }
    let index = readCount.load(ordering: .relaxed)
    if index < frameCount {
      if breaks.contains(index), lastBreak.exchange(index, ordering: .relaxed) != index {
        return .discontinuity(.timeJump(seconds: 5))
      }
      if let interval {
        let wait = start + interval * index - ContinuousClock.now
        if wait > .zero { Thread.sleep(forTimeInterval: wait / .seconds(1)) }
      }
      readCount.store(index + 1, ordering: .relaxed)
      return .video(try picture(index))
    }
    switch end {
    case .regular: return nil
    case .error(let error): throw error
    case .silence:
      while interruption.request == .none { Thread.sleep(forTimeInterval: 0.01) }
      return nil
    }
  }

  private func picture(_ index: Int) throws(MediaError) -> VideoFrame {
    try VideoFrame.gray(
      size: Self.size, timestamp: Timestamp(Int64(index), timeBase: Rational(1, 25))
    ) { plane in
      for y in 0..<plane.height {
        for x in 0..<plane.width {
          plane.base.storeBytes(
            of: draw(index, x, y), toByteOffset: y * plane.bytesPerRow + x, as: UInt8.self)
        }
      }
    }
  }
}
