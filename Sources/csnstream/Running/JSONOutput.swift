import Foundation

/// JSON as the program writes it: keys in snake_case unless told otherwise, sorted.
enum JSONOutput {
  /// An indented document.
  static func data(
    _ value: some Encodable, keys: JSONEncoder.KeyEncodingStrategy = .convertToSnakeCase
  ) throws -> Data {
    try encode(value, keys, [.prettyPrinted])
  }

  /// One line.
  static func line(_ value: some Encodable) throws -> Data {
    try encode(value, .convertToSnakeCase, [])
  }

  private static func encode(
    _ value: some Encodable, _ keys: JSONEncoder.KeyEncodingStrategy,
    _ formatting: JSONEncoder.OutputFormatting
  ) throws -> Data {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = keys
    encoder.outputFormatting = formatting.union([.sortedKeys, .withoutEscapingSlashes])
    return try encoder.encode(value) + Data("\n".utf8)
  }

  static func print(_ value: some Encodable) throws {
    try StandardOutput.write(try data(value))
  }
}
