import Checkpoint
import Foundation
import Inference
import ReferenceData
import Testing

@Suite(.serialized, .timeLimit(.minutes(10))) struct InferTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  @Test(
    "gives what the authors' implementation gives",
    .enabled(if: SharedFolder.exists, Comment(rawValue: SharedFolder.absent)),
    arguments: ["t4_64x64", "t8_64x96"])
  func parity(name: String) throws {
    let sample = try prepare(name)
    try infer("--precision f32")
    let size = Array(sample.frameShape.dropFirst())
    for (output, shape) in [("logits", [2] + size), ("foreground", size)] {
      let result = try folder.result(output, of: "out.safetensors")
      #expect(result.shape == shape)
      let expected = try sample.numbers(output)
      let error = largestDifference(sample.thinned(result.numbers), expected)
      #expect(error <= 1e-4 * deviation(expected), "\(output)")
    }
  }

  @Test(
    "gives nearly the same masks in bf16",
    .enabled(if: SharedFolder.exists, Comment(rawValue: SharedFolder.absent)),
    .enabled(if: OpenVINO.cpuFeatures().contains("avx512f"), "the CPU cannot compute in bf16"))
  func halfPrecision() throws {
    let sample = try prepare("t8_64x96")
    try infer("--precision bf16")
    let masks = try folder.result("foreground", of: "out.safetensors").numbers.map { $0 > 0.5 }
    let expected = try sample.numbers("foreground").map { $0 > 0.5 }
    #expect(Set(expected) == [false, true])
    let agreeing = zip(masks, expected).count { $0 == $1 }
    #expect(Double(agreeing) >= 0.995 * Double(expected.count))
  }

  /// Writes the sample's frames and weights.
  private func prepare(_ name: String) throws -> ParitySample {
    let sample = try ParitySample(name)
    try folder.writeClip("clip.safetensors", sample.frames, shape: sample.frameShape)
    try Safetensors.write(
      Array(try MadeUp.weights(salt: sample.salt).values), to: folder.file("weights.safetensors"))
    return sample
  }

  /// Runs the paper's network, with a cache that goes with the folder: it is large.
  private func infer(_ options: String) throws {
    try folder.check(
      "XDG_CACHE_HOME=$PWD/cache csnstream infer --model 3dcseg-r152"
        + " --weights weights.safetensors --input clip.safetensors --output out.safetensors"
        + " \(options)")
  }

  @Test(
    "pads frames with zeros, centred, and cuts the padding off again",
    arguments: [
      Padded(frames: 8, size: (90, 150), canvas: (96, 160), top: 3, left: 5),
      Padded(frames: 5, size: (33, 47), canvas: (64, 64), top: 15, left: 8),
      Padded(frames: 1, size: (64, 31), canvas: (64, 32), top: 0, left: 0),
    ])
  func padding(of clip: Padded) throws {
    var generator = SeededGenerator(state: 1)
    let count = 3 * clip.frames * clip.size.0 * clip.size.1
    let frames = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let shape = [3, clip.frames, clip.size.0, clip.size.1]
    try folder.writeClip("clip.safetensors", frames, shape: shape)
    try folder.writeClip(
      "padded.safetensors", clip.padded(frames),
      shape: [3, clip.frames, clip.canvas.0, clip.canvas.1])
    for name in ["clip", "padded"] {
      try folder.check(
        "csnstream infer --precision f32 --input \(name).safetensors --output \(name)_out.safetensors"
      )
    }
    for (output, channels) in [("logits", [1]), ("foreground", [])] {
      let result = try folder.result(output, of: "clip_out.safetensors")
      #expect(result.shape == channels + shape.dropFirst())
      let expected = clip.cropped(try folder.result(output, of: "padded_out.safetensors").numbers)
      #expect(deviation(expected) > 0)
      #expect(largestDifference(result.numbers, expected) < 1e-5 * deviation(expected))
    }
  }

  @Test(
    "tells in one line what is wrong and writes nothing",
    arguments: [
      ("--input missing.safetensors", ["missing.safetensors", "No such file"]),
      ("--input words.safetensors", ["words.safetensors", "safetensors"]),
      ("--input other.safetensors", ["other.safetensors", #"no tensor "frames""#]),
      ("--input gray.safetensors", ["gray.safetensors", "U8 [1, 2, 32, 32]", "[3, T, H, W]"]),
      ("--input empty.safetensors", ["empty.safetensors", "[3, 0, 32, 32]", "[3, T, H, W]"]),
      ("--model heavy", ["heavy", "lite, 3dcseg-r50"]),
      ("--model 3dcseg-r152", ["3dcseg-r152", "bmvc_final.pth"]),
      ("--weights other.safetensors", ["other.safetensors", "missing"]),
      ("--output no/such/folder.safetensors", ["no/such/folder.safetensors", "No such file"]),
      ("--output clip.safetensors", ["clip.safetensors", "is an input"]),
      ("--output link", ["link", "is not a regular file"]),
      ("--output -", ["standard output", "name a file"]),
      ("--output other.safetensors", ["other.safetensors: exists", "-y"]),
      ("--device NPU", ["NPU"]),
    ])
  func errors(options: String, words: [String]) throws {
    try folder.writeClip(
      "clip.safetensors", .init(repeating: 9, count: 6144), shape: [3, 2, 32, 32])
    try folder.writeClip(
      "gray.safetensors", .init(repeating: 9, count: 2048), shape: [1, 2, 32, 32])
    try folder.writeClip("empty.safetensors", [], shape: [3, 0, 32, 32])
    let other = Weight(name: "other", shape: [2], values: [1, 2])
    try Safetensors.write([other], to: folder.file("other.safetensors"))
    try folder.check("echo 'just some words' >words.safetensors; ln -s away link")
    let clip = try folder.data("clip.safetensors")

    // Of an option given twice the last counts.
    let outcome = try folder.run(
      "csnstream infer --input clip.safetensors --output out.safetensors \(options)")
    #expect(outcome.status == 1)
    for word in words { #expect(outcome.isOneError(saying: word), "\(outcome.messages)") }
    #expect(!folder.exists("out.safetensors"))
    #expect(try folder.data("clip.safetensors") == clip)
  }
}

/// A clip and where it lies on its canvas; sizes are height and width.
struct Padded: Sendable, CustomTestStringConvertible {
  let frames: Int
  let size: (Int, Int)
  let canvas: (Int, Int)
  let top: Int
  let left: Int

  var testDescription: String { "\(frames)×\(size.0)×\(size.1)" }

  /// [3, T, H, W] with zeros around.
  func padded(_ values: [UInt8]) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: 3 * frames * canvas.0 * canvas.1)
    for (index, place) in places(images: 3 * frames).enumerated() { result[place] = values[index] }
    return result
  }

  /// The part of [… H, W] of the canvas that is the clip's.
  func cropped(_ values: [Float]) -> [Float] {
    places(images: values.count / (canvas.0 * canvas.1)).map { values[$0] }
  }

  private func places(images: Int) -> [Int] {
    (0..<images).flatMap { image in
      (0..<size.0).flatMap { y in
        (0..<size.1).map { x in (image * canvas.0 + top + y) * canvas.1 + left + x }
      }
    }
  }
}
