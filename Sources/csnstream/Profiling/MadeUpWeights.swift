import Checkpoint
import Network

/// Weights for networks that have none here: of the sizes and the type of real ones, and such that
/// values neither vanish nor overflow on their way through the network.
enum MadeUpWeights {
  /// Writes a safetensors file for `network` to `path`.
  static func write(for network: NetworkDescription, to path: String) throws(CheckpointError) {
    var generator = LinearCongruentialGenerator()
    let weights = network.weightShapes.sorted { $0.key < $1.key }.map { name, shape in
      Weight(name: name, shape: shape, values: values(name, shape, &generator))
    }
    try Safetensors.write(weights, to: path)
  }

  private static func values(
    _ name: String, _ shape: [Int], _ generator: inout LinearCongruentialGenerator
  ) -> [Float] {
    let count = shape.reduce(1, *)
    guard shape.count > 1 else {
      // Norms that change nothing, and no biases.
      let isScale = name.hasSuffix("weight") || name.hasSuffix("running_var")
      return Array(repeating: isScale ? 1 : 0, count: count)
    }
    // He's initialisation: what is added up has the size of what goes in.
    let bound = (6 / Float(count / shape[0])).squareRoot()
    return (0..<count).map { _ in (2 * generator.next() - 1) * bound }
  }
}

/// Knuth's MMIX generator: the same numbers in every run.
private struct LinearCongruentialGenerator {
  private var state: UInt64 = 1

  /// 0…1
  mutating func next() -> Float {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(state >> 40) / 0x1p24
  }
}
