import Foundation
import Inference
import Media
import Segmentation
import Synchronization

/// A network that finds each frame's foreground in the frame itself: the probability of a pixel is its
/// red value / 255.
final class FakeEngine: InferenceEngine {
  let summary = EngineSummary(
    engine: "fake", device: .cpu, deviceName: "none", precision: .f32, threads: 1)
  let inputShape: [Int]
  let outputs: [EngineOutput]
  private let delay: Duration
  private let failingRun: Int?
  private let runCount = Atomic(0)

  init(
    clipLength: Int, canvas: PixelSize, delay: Duration = .zero, failingRun: Int? = nil
  ) {
    inputShape = [clipLength, canvas.height, canvas.width, 3]
    outputs = [EngineOutput(name: "foreground", shape: inputShape.dropLast())]
    self.delay = delay
    self.failingRun = failingRun
  }

  func run(
    fill: (inout MutableSpan<UInt8>) -> Void, read: (EngineOutput, Span<Float>) -> Void
  ) throws(InferenceError) {
    let run = runCount.add(1, ordering: .relaxed).newValue
    if run == failingRun { throw InferenceError(.library, "the fake engine broke") }
    var input = [UInt8](repeating: 0, count: inputShape.reduce(1, *))
    var span = input.mutableSpan
    fill(&span)
    Thread.sleep(forTimeInterval: delay / .seconds(1))
    let output = (0..<input.count / 3).map { Float(input[$0 * 3]) / 255 }
    read(outputs[0], output.span)
  }
}

/// Gray pictures of 64×32 whose brightness is their number, then the end, an error, or silence until
/// interrupted.
final class FakeSource: FrameSource {
  enum End { case regular, error(MediaError), silence }

  static let size = PixelSize(width: 64, height: 32)
  private let frameCount: Int
  private let end: End
  private let interruption: Interruption
  let readCount = Atomic(0)

  init(frameCount: Int, end: End = .regular, interruption: Interruption = Interruption()) {
    self.frameCount = frameCount
    self.end = end
    self.interruption = interruption
  }

  func read() throws(MediaError) -> MediaItem? {
    if interruption.request != .none { return nil }
    let index = readCount.load(ordering: .relaxed)
    if index < frameCount {
      readCount.store(index + 1, ordering: .relaxed)
      return .video(try Self.picture(index))
    }
    switch end {
    case .regular: return nil
    case .error(let error): throw error
    case .silence:
      while interruption.request == .none { Thread.sleep(forTimeInterval: 0.01) }
      return nil
    }
  }

  static func picture(_ index: Int) throws(MediaError) -> VideoFrame {
    try VideoFrame.gray(
      size: size, timestamp: Timestamp(Int64(index), timeBase: Rational(1, 25))
    ) { plane in
      for row in 0..<plane.height {
        memset(plane.base + row * plane.bytesPerRow, Int32(index % 256), plane.width)
      }
    }
  }
}
