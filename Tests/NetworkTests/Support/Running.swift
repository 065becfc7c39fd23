import Inference
import Network
import ReferenceData
import Testing

/// Runs an ONNX network in single precision on `frames`, uint8 [T, H, W, C]; outputs by name.
func run(_ onnx: [UInt8], on frames: [UInt8]) throws -> [String: EngineResult] {
  let engine = try OpenVINOEngine(onnx: onnx, options: EngineOptions(precision: .f32))
  var results: [String: EngineResult] = [:]
  try engine.run { bytes in
    precondition(bytes.count == frames.count, "the clip has another size")
    for index in frames.indices { bytes[index] = frames[index] }
  } read: { output, numbers in
    results[output.name] = EngineResult(
      shape: output.shape, numbers: numbers.indices.map { numbers[$0] })
  }
  return results
}

/// What an engine gives for one output.
struct EngineResult {
  var shape: [Int]
  var numbers: [Float]
}

/// Random frames, uint8 [T, H, W, C].
func randomFrames(_ clip: ClipShape, channels: Int = 3, seed: UInt64 = 1) -> [UInt8] {
  var generator = SeededGenerator(state: seed)
  let count = clip.frames * clip.height * clip.width * channels
  return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
}

/// Runs a part of a network on random numbers of `shape`, and hands the same numbers to `expected`.
func compare(
  _ shape: TensorShape, _ part: (Tensor) -> Tensor, _ expected: (Values) -> Values
) throws -> Comparison {
  let clip = ClipShape(
    frames: shape.extent.frames, height: shape.extent.height, width: shape.extent.width)
  let channels = shape.channels
  let normalisation = Normalisation(mean: (0..<channels).map { 120 + Float($0) }, divisor: 25)
  let frames = randomFrames(clip, channels: channels)

  let graph = Graph()
  let result = part(graph.frames(clip, normalisation))
  graph.output(result, as: "result", shape: result.shape.sizes)
  let results = try run(graph.serialised(name: "part"), on: frames)
  let actual = try #require(results["result"])

  let input = Values(shape) { c, t, y, x in
    let byte = frames[((t * clip.height + y) * clip.width + x) * channels + c]
    return Double((Float(byte) - normalisation.mean[c]) / normalisation.divisor)
  }
  let reference = expected(input)
  return Comparison(
    actualShape: actual.shape, expectedShape: reference.shape.sizes,
    error: actual.shape == reference.shape.sizes
      ? largestDifference(actual.numbers, reference.numbers) / deviation(reference.numbers)
      : .infinity)
}

/// How a part of a network compares with its definition.
struct Comparison {
  var actualShape: [Int]
  var expectedShape: [Int]
  /// Largest difference, in standard deviations of the expected numbers.
  var error: Float
}
