import Checkpoint
import Foundation
import Network
import ReferenceData
import Testing

struct LiteTests {
  /// The frames and logits of the implementation that the weights were trained with.
  struct Sample {
    let clip = ClipShape(frames: 8, height: 96, width: 160)
    /// [T, H, W, 3]
    let frames: [UInt8]
    /// [1, T, H/4, W/4]
    let logits: Values

    init() throws {
      let file = try Safetensors(path: SharedFolder.path("training/reference.safetensors"))
      let frames = try #require(file.weights["frames"])
      #expect(frames.shape == [3, clip.frames, clip.height, clip.width])
      let plane = frames.count / 3
      self.frames = frames.withBytes { bytes in
        (0..<frames.count).map { bytes[$0 % 3 * plane + $0 / 3] }
      }
      let logits = try #require(file.weights["logits"])
      self.logits = Values(TensorShape(1, Extent3D(8, 24, 40)), try logits.floats())
    }
  }

  /// The strides of the implementation that the sample comes from.
  private let prototype = NetworkDescription.lite(timeStrides: [2, 2])

  @Test(
    "agrees with the reference implementation in single precision",
    .enabled(if: SharedFolder.exists, Comment(rawValue: SharedFolder.absent)))
  func parity() throws {
    let sample = try Sample()
    let weights = try Safetensors(path: SharedFolder.path("training/lite-prototype.safetensors"))
    let network = try prototype.load(from: WeightScope(weights))
    let lowered = try network.lower(clip: sample.clip, outputs: ["p2", "logits"])
    let results = try run(lowered.onnx, on: sample.frames)

    let logits = try #require(results["p2"])
    #expect(logits.shape == [1, 8, 24, 40])
    let error = largestDifference(logits.numbers, sample.logits.numbers)
    #expect(error < 1e-4 * deviation(sample.logits.numbers))

    let fullSize = Reference.resize(sample.logits, to: Extent3D(8, 96, 160))
    let fullSizeLogits = try #require(results["logits"])
    #expect(fullSizeLogits.shape == [1, 8, 96, 160])
    #expect(
      largestDifference(fullSizeLogits.numbers, fullSize.numbers)
        < 1e-4 * deviation(fullSize.numbers))
    let foreground = try #require(results["foreground"])
    #expect(foreground.shape == [8, 96, 160])
    #expect(
      largestDifference(foreground.numbers, fullSize.map(Reference.sigmoid).numbers) < 1e-4)
  }

  @Test(
    "weights rounded to half precision, as those shipped are, give nearly the same masks",
    .enabled(if: SharedFolder.exists, Comment(rawValue: SharedFolder.absent)))
  func halfPrecision() throws {
    let sample = try Sample()
    let weights = try Safetensors(path: SharedFolder.path("training/lite-prototype.safetensors"))
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("\(UUID().uuidString).safetensors").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Safetensors.write(Array(weights.weights.values), to: path, halvingFloats: true)
    let network = try prototype.load(from: WeightScope(Safetensors(path: path)))
    let lowered = try network.lower(clip: sample.clip)
    let foreground = try #require(try run(lowered.onnx, on: sample.frames)["foreground"]).numbers
    let expected = Reference.resize(sample.logits, to: Extent3D(8, 96, 160))
      .map(Reference.sigmoid).numbers
    #expect(largestDifference(foreground, expected) < 0.01)
    let agreeing = zip(foreground, expected).count { ($0 > 0.5) == ($1 > 0.5) }
    #expect(Double(agreeing) > 0.999 * Double(expected.count))
    // Both kinds of pixels are there to agree on.
    #expect(Set(expected.map { $0 > 0.5 }).count == 2)
  }

  @Test("takes clips of any number of frames", arguments: [1, 2, 3, 5, 7, 8, 16])
  func anyLength(frames: Int) throws {
    let clip = ClipShape(frames: frames, height: 32, width: 64)
    let lowered = try NetworkDescription.lite.loadBundled()
      .lower(clip: clip, outputs: ["m2", "m3", "m4", "m5"])
    let results = try run(lowered.onnx, on: randomFrames(clip))
    let halved = (frames + 1) / 2
    #expect(
      results.mapValues(\.shape) == [
        "foreground": [frames, 32, 64], "m2": [48, frames, 8, 16], "m3": [64, halved, 4, 8],
        "m4": [64, halved, 2, 4], "m5": [64, halved, 1, 2],
      ])
    let foreground = try #require(results["foreground"]).numbers
    #expect(foreground.allSatisfy { (0...1).contains($0) })
    #expect(deviation(foreground) > 0)
  }
}
