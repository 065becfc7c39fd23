import Foundation

/// A folder that goes with everything in it when this object does.
final class TemporaryFolder {
  private let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "checkpoint-\(UUID())")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
  }

  deinit {
    try? FileManager.default.removeItem(at: url)
  }

  /// Names of everything in it.
  func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: url.path)
  }

  func path(_ name: String) -> String { url.appending(path: name).path }

  /// Writes a file of `bytes` and returns its path.
  func file(_ name: String, _ bytes: [UInt8]) throws -> String {
    try Data(bytes).write(to: URL(filePath: path(name)))
    return path(name)
  }
}

/// A safetensors file: the header's length, the header, and `dataCount` zeros.
func safetensors(_ header: String, dataCount: Int = 0) -> [UInt8] {
  withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init)
    + Array(header.utf8) + [UInt8](repeating: 0, count: dataCount)
}
