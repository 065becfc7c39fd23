import Checkpoint
import Foundation
import Network
import ReferenceData
import Testing

extension TestFolder {
  /// Writes `frames`, uint8 of `shape`, as a clip for `csnstream infer`.
  func writeClip(_ name: String, _ frames: [UInt8], shape: [Int]) throws {
    let header =
      #"{"frames":{"dtype":"U8","shape":\#(shape),"data_offsets":[0,\#(frames.count)]}}"#
    let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init)
    try Data(length + header.utf8 + frames).write(to: URL(fileURLWithPath: file(name)))
  }

  /// Writes made-up weights for a network.
  func writeWeights(_ name: String, for network: NetworkDescription) throws {
    let weights = MadeUp.weights(for: network.weightShapes)
    try Safetensors.write(Array(weights.values), to: file(name))
  }

  /// Writes made-up weights for `lite` and returns the option that chooses them.
  ///
  /// Made-up networks find something in every pattern; what the bundled one finds changes with training.
  func makeUpLite() throws -> String {
    try writeWeights("lite.safetensors", for: .lite)
    return "--weights lite.safetensors"
  }

  /// The shape and the values of a result of `csnstream infer`.
  func result(_ tensor: String, of name: String) throws -> (shape: [Int], numbers: [Float]) {
    let weight = try #require(try Safetensors(path: file(name)).weights[tensor])
    return (weight.shape, try weight.floats())
  }
}
