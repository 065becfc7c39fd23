import Foundation
import Media

/// Where the outputs go: what was asked for and what is left to defaults.
struct OutputPlan {
  /// The overlay video: a path, `-`, or none.
  let overlay: String?
  /// The masks: a path, a pattern, `-`, or none.
  let mask: String?

  /// Fills in the defaults for `input`.
  /// - Throws: `Failure` if nothing would be written, or an output would overwrite the input or the
  ///   other output.
  init(_ options: OutputOptions, input: MediaInput) throws {
    mask = options.mask
    if options.overlay == nil && mask == nil {
      overlay = try Self.defaultOverlay(for: input)
    } else {
      overlay = options.overlay
    }
    let files = [overlay, mask].compactMap { $0 }.filter { $0 != "-" }
    if files.count == 2, Self.resolved(files[0]) == Self.resolved(files[1]) {
      throw Failure("\(files[0]): both the overlay and the masks would be written to it")
    }
    if case .url(let url) = input, let same = files.first(where: { Self.isSame($0, url) }) {
      throw Failure("\(same): is the input")
    }
    if isatty(STDOUT_FILENO) == 1, overlay == "-" || mask == "-" {
      throw Failure("standard output: is a terminal; pipe it somewhere")
    }
  }

  /// Makes sure that existing files may be overwritten: asks where neither -y nor -n decide.
  func confirmOverwriting(_ options: OutputOptions) throws {
    for path in [overlay, mask].compactMap({ $0 }) where path != "-" && !options.overwrite {
      let first = path.replacing(/%0?(\d*)d/) { match in
        String(repeating: "0", count: max(1, Int(match.1) ?? 1))
      }
      guard FileManager.default.fileExists(atPath: first) else { continue }
      if !options.keep, Console.confirm("\(first) exists. Overwrite?") == true { continue }
      throw Failure("\(first): exists; -y overwrites it")
    }
  }

  private static func defaultOverlay(for input: MediaInput) throws -> String {
    switch input {
    case .standardInput:
      throw Failure("standard input: has no name to make the output's from; give -o or --mask")
    case .imageFolder(let path):
      return resolved(path) + "_overlay.mp4"
    case .url(let url):
      // A stream's overlay goes to the current folder, a file's beside it. The name of an image
      // pattern is no name for a video, its folder's is.
      let path = url.contains("://") ? (url as NSString).lastPathComponent : url
      let stem = (path as NSString).deletingPathExtension
      return (stem.contains("%") ? resolved((path as NSString).deletingLastPathComponent) : stem)
        + "_overlay.mp4"
    }
  }

  private static func resolved(_ path: String) -> String {
    URL(fileURLWithPath: path.isEmpty ? "." : path).standardizedFileURL.path
  }

  private static func isSame(_ output: String, _ input: String) -> Bool {
    var (a, b) = (stat(), stat())
    return stat(output, &a) == 0 && stat(input, &b) == 0 && a.st_dev == b.st_dev
      && a.st_ino == b.st_ino && a.st_mode & S_IFMT == S_IFREG
  }
}
