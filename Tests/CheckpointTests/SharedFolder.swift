import Foundation

/// The folder of reference data: `CSNSTREAM_SHARED`, else `../shared` beside the package.
enum SharedFolder {
  static let absent = "the reference data are not here; CSNSTREAM_SHARED may name their folder"

  private static let url =
    ProcessInfo.processInfo.environment["CSNSTREAM_SHARED"].map { URL(filePath: $0) }
    ?? URL(filePath: #filePath).appending(path: "../../../../shared").standardized

  static var exists: Bool { FileManager.default.fileExists(atPath: url.path) }

  static func path(_ name: String) -> String { url.appending(path: name).path }
}
