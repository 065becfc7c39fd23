import Foundation

/// JSON as the program writes it: keys in snake_case unless told otherwise, sorted, indented.
enum JSONOutput {
  static func data(
    _ value: some Encodable, keys: JSONEncoder.KeyEncodingStrategy = .convertToSnakeCase
  ) throws -> Data {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = keys
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value) + Data("\n".utf8)
  }

  static func print(_ value: some Encodable) throws {
    FileHandle.standardOutput.write(try data(value))
  }
}
