package import Foundation

/// The folder of reference data: `CSNSTREAM_SHARED`, else `../shared` beside the package.
package enum SharedFolder {
  package static let absent =
    "the reference data are not here; CSNSTREAM_SHARED may name their folder"

  package static let url =
    ProcessInfo.processInfo.environment["CSNSTREAM_SHARED"].map { URL(filePath: $0) }
    ?? packageRoot.appending(path: "../shared")

  package static var exists: Bool { FileManager.default.fileExists(atPath: url.path) }

  package static func path(_ name: String) -> String { url.appending(path: name).path }
}

/// The folder of Package.swift.
package let packageRoot = URL(filePath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent()
