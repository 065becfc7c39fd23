import Checkpoint
import Foundation

/// What the authors' implementation gave for made-up weights and frames: one file of the reference
/// data.
package struct ParitySample {
  /// Seed of the weights and the frames.
  package let salt: UInt64
  /// [3, T, H, W]
  package let frameShape: [Int]
  private let file: Safetensors
  /// Of the outputs, every so many frames, rows and columns are in the file.
  private let steps: (frame: Int, row: Int, column: Int)

  /// - Parameter name: T and the size, for instance `t8_64x96`.
  package init(_ name: String) throws {
    file = try Safetensors(path: SharedFolder.path("parity/3dcseg_r152_\(name).safetensors"))
    steps = name == "t8_64x96" ? (1, 1, 1) : (2, 4, 4)
    salt = UInt64(try Self.integers("salt", in: file)[0])
    frameShape = try Self.integers("frames.shape", in: file)
  }

  /// uint8 [3, T, H, W]
  package var frames: [UInt8] { MadeUp.frames(frameShape, salt: salt) }

  /// The bytes of a tensor.
  package func bytes(_ name: String) throws -> [UInt8] {
    try Self.weight(name, in: file).withBytes { Array($0) }
  }

  /// The values of a tensor of floats.
  package func numbers(_ name: String) throws -> [Float] {
    try Self.weight(name, in: file).floats()
  }

  /// The values of a tensor of 64-bit integers.
  package func integers(_ name: String) throws -> [Int] { try Self.integers(name, in: file) }

  /// What the file would hold of an output [… T, H, W].
  package func thinned(_ output: [Float]) -> [Float] {
    let (frames, height, width) = (frameShape[1], frameShape[2], frameShape[3])
    return output.indices.filter { index in
      let (row, column) = (index / width, index % width)
      return column.isMultiple(of: steps.column) && (row % height).isMultiple(of: steps.row)
        && (row / height % frames).isMultiple(of: steps.frame)
    }.map { output[$0] }
  }

  private static func integers(_ name: String, in file: Safetensors) throws -> [Int] {
    try weight(name, in: file).withBytes { bytes in
      (0..<bytes.count / 8).map { Int(bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Int64.self)) }
    }
  }

  private static func weight(_ name: String, in file: Safetensors) throws -> Weight {
    guard let weight = file.weights[name] else { throw CocoaError(.fileReadCorruptFile) }
    return weight
  }
}
