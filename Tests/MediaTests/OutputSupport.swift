import Foundation
import Media
import Testing

/// A folder for a test's files, removed with the last reference to it.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "csnstream-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }
}

/// Runs a command line with bash and returns what it writes to standard output.
@discardableResult
func shell(_ command: String) throws -> String {
  let process = Process()
  let output = Pipe()
  process.executableURL = URL(fileURLWithPath: "/bin/bash")
  process.arguments = ["-c", command]
  process.standardInput = FileHandle.nullDevice
  process.standardOutput = output
  try process.run()
  let text = output.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  try #require(process.terminationStatus == 0, "\(command)")
  return String(decoding: text, as: UTF8.self)
}

/// The lines that ffprobe prints for entries of the first video stream's section.
func probe(_ file: String, _ entries: String, stream: String = "v:0") throws -> [String] {
  try shell(
    "ffprobe -v error -select_streams \(stream) -show_entries \(entries) -of csv=p=0 '\(file)'"
  )
  // ffprobe ends lines of sections with side data with a comma.
  .split(separator: "\n").map { $0.hasSuffix(",") ? String($0.dropLast()) : String($0) }
}
