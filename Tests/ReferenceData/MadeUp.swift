package import Checkpoint
import Foundation

/// The made-up weights and frames of the reference data: functions of names, as its README says.
package enum MadeUp {
  /// Every name and shape in the published network's state dict.
  package static func publishedShapes() throws -> [String: [Int]] {
    let url = SharedFolder.url.appending(path: "parity/state_dict_3dcseg_r152.json")
    return try JSONDecoder().decode([String: [Int]].self, from: Data(contentsOf: url))
  }

  /// Learned values and statistics of the published network, each under one of its names.
  package static func weights(salt: UInt64) throws -> [String: Weight] {
    let shapes = try publishedShapes().filter { name, _ in
      !name.hasPrefix("encoder.resnet.") && !name.hasSuffix(".num_batches_tracked")
        && !["encoder.mean", "encoder.std"].contains(name)
    }
    return Dictionary(
      uniqueKeysWithValues: shapes.map { name, shape in
        (name, Weight(name: name, shape: shape, values: values(name, shape, salt)))
      })
  }

  /// The same for a network of other shapes, with salt 0.
  package static func weights(for shapes: [String: [Int]]) -> [String: Weight] {
    Dictionary(
      uniqueKeysWithValues: shapes.map { name, shape in
        (name, Weight(name: name, shape: shape, values: values(name, shape, 0)))
      })
  }

  /// The values of one tensor.
  package static func values(_ name: String, _ shape: [Int], _ salt: UInt64) -> [Float] {
    let (base, factor): (Double, Double) =
      if name.hasSuffix("running_mean") {
        (0, 0.1)
      } else if name.hasSuffix("running_var") {
        (1, 0.25)
      } else if name.hasSuffix("bias") {
        (0, 0.05)
      } else if shape.count == 1 {
        name.contains(".bn3.") ? (0.25, 0.05) : (1, 0.1)
      } else {
        (0, (6 / Double(shape.dropFirst().reduce(1, *))).squareRoot())
      }
    return numbers(name, shape.reduce(1, *), salt) { bits in
      Float(base + factor * (Double(bits >> 40) / 0x1p23 - 1))
    }
  }

  /// uint8 [3, T, H, W]
  package static func frames(_ shape: [Int], salt: UInt64) -> [UInt8] {
    numbers("frames", shape.reduce(1, *), salt) { UInt8($0 >> 56) }
  }

  private static func numbers<Number>(
    _ name: String, _ count: Int, _ salt: UInt64, _ number: (UInt64) -> Number
  ) -> [Number] {
    let hash = name.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01B3
    }
    var generator = SeededGenerator(state: hash &+ salt)
    return (0..<count).map { _ in number(generator.next()) }
  }
}
