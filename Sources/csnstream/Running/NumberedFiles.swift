import Foundation

/// The files of one output that differ in a number in their names.
struct NumberedFiles {
  private let folder: String
  private let prefix: Substring
  private let suffix: Substring

  /// - Parameter output: a pattern of masks such as `DIR/%05d.png`, or a local HLS playlist, whose
  ///   segments stand beside it. Nil for other outputs.
  init?(_ output: String) {
    guard !output.contains("://") else { return nil }
    let name = (output as NSString).lastPathComponent
    let pieces: [Substring]
    switch (output as NSString).pathExtension.lowercased() {
    case "png":
      pieces = name.split(
        separator: /%0?\d*d/, maxSplits: 1, omittingEmptySubsequences: false)
    case "m3u8": pieces = [name.dropLast(".m3u8".count), ".ts"]
    default: return nil
    }
    guard pieces.count == 2 else { return nil }
    (prefix, suffix) = (pieces[0], pieces[1])
    folder = OutputFile.folder(of: output)
  }

  /// Whether a file is one of them.
  func holds(_ path: String) -> Bool {
    holds(name: (path as NSString).lastPathComponent)
      && URL(fileURLWithPath: OutputFile.folder(of: path)).standardizedFileURL
        == URL(fileURLWithPath: folder).standardizedFileURL
  }

  /// The path of the first by name that is there.
  var firstExisting: String? {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let path = folder == "." ? "" : folder
    return names.filter(holds(name:)).min().map { (path as NSString).appendingPathComponent($0) }
  }

  private func holds(name: String) -> Bool {
    name.hasPrefix(prefix) && name.hasSuffix(suffix)
      && name.count > prefix.count + suffix.count
      && name.dropFirst(prefix.count).dropLast(suffix.count).allSatisfy(\.isNumber)
  }
}
