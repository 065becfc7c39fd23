import Evaluation
import Foundation
import Media
import ReferenceData

/// What the DAVIS authors' code, PySODMetrics and scikit-learn say about the reference data.
struct ReferenceNumbers: Decodable {
  struct Sequence: Decodable {
    let J: [Double]
    let F: [Double]
    let J_stats: Statistics
    let F_stats: Statistics
  }

  struct Statistics: Decodable {
    let mean: Double
    let recall: Double
    let decay: Double
  }

  let sequences: [String: Sequence]
  let sod: [String: Double]
  let flattened: [String: Double]

  init() throws {
    let path = SharedFolder.path("parity/metrics/expected.json")
    let data = try Data(contentsOf: URL(filePath: path))
    self = try JSONDecoder().decode(Self.self, from: data)
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    var sequences: [String: Sequence] = [:]
    for key in container.allKeys where !key.stringValue.hasPrefix("_") {
      sequences[key.stringValue] = try container.decode(Sequence.self, forKey: key)
    }
    self.sequences = sequences
    sod = try Self.numbers(container.nestedContainer(keyedBy: Key.self, forKey: Key("_sod")))
    flattened = try Self.numbers(
      container.nestedContainer(keyedBy: Key.self, forKey: Key("_flattened")))
  }

  private static func numbers(_ container: KeyedDecodingContainer<Key>) throws -> [String: Double] {
    var numbers: [String: Double] = [:]
    for key in container.allKeys where key.stringValue != "note" {
      numbers[key.stringValue] = try container.decode(Double.self, forKey: key)
    }
    return numbers
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
  }
}

extension ReferenceNumbers {
  /// The measures of a sequence of the reference data.
  /// - Parameter predictions: `pred` or `prob`.
  static func measure(_ sequence: String, _ predictions: String) throws -> [FrameMeasures] {
    try (0..<10).map { index in
      let name = "\(sequence)/\(String(format: "%05d", index)).png"
      let truth = try MaskImage(path: SharedFolder.path("parity/metrics/gt/\(name)"))
      let image = try MaskImage(path: SharedFolder.path("parity/metrics/\(predictions)/\(name)"))
      return FrameMeasures(
        mask: mask(image, threshold: 128), levels: image.pixels, truth: mask(truth, threshold: 1))
    }
  }

  private static func mask(_ image: MaskImage, threshold: UInt8) -> BinaryMask {
    BinaryMask(
      width: image.size.width, height: image.size.height, levels: image.pixels,
      threshold: threshold)
  }
}
