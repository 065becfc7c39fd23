import Foundation

/// What the DAVIS authors' code, PySODMetrics and scikit-learn say about the reference data.
package struct ReferenceNumbers: Decodable {
  package struct Sequence: Decodable {
    package let J: [Double]
    package let F: [Double]
    package let J_stats: Statistics
    package let F_stats: Statistics
  }

  package struct Statistics: Decodable {
    package let mean: Double
    package let recall: Double
    package let decay: Double
  }

  package let sequences: [String: Sequence]
  package let sod: [String: Double]
  package let flattened: [String: Double]

  package init() throws {
    let path = SharedFolder.path("parity/metrics/expected.json")
    let data = try Data(contentsOf: URL(filePath: path))
    self = try JSONDecoder().decode(Self.self, from: data)
  }

  package init(from decoder: any Decoder) throws {
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
