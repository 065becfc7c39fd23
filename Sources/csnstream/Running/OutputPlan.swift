import Foundation
import Media

/// Where the outputs go: what was asked for and what is left to defaults.
struct OutputPlan {
  /// The overlay videos: paths, URLs or `-`.
  let overlays: [String]
  /// The masks: paths, patterns, URLs or `-`.
  let masks: [String]
  /// What is in the masks: a path, `-`, or none.
  let events: String?
  /// The statistics: paths.
  private let statistics: [String]
  /// What lines are appended to: a path or none.
  private let log: String?

  /// Fills in the defaults for `input`.
  /// - Parameter weights: the file of the network's weights, if one is given.
  /// - Throws: `Failure` if nothing would be written, or an output would overwrite an input or
  ///   another output, or cannot be made; `MediaError` if there is no such form of output.
  init(
    _ options: OutputOptions, reports: ReportOptions, input: MediaInput, weights: String?
  ) throws {
    masks = options.masks
    events = options.events
    statistics = [reports.stats].compactMap { $0 }
    log = reports.statsLog
    if options.overlays.isEmpty && masks.isEmpty && events == nil {
      overlays = [try Self.defaultOverlay(for: input)]
    } else {
      overlays = options.overlays
    }
    // Whether there are such forms is known before the input is opened.
    for path in overlays { _ = try options.overlaySettings(path, isLive: false) }
    for path in masks { _ = try options.maskSettings(path, isLive: false) }
    if isatty(STDOUT_FILENO) == 1, (overlays + masks).contains("-") {
      throw Failure("standard output: is a terminal; pipe it somewhere")
    }
    let files = self.files
    for (index, file) in files.enumerated() {
      if Self.isOverwritten(input, by: file) { throw Failure("\(file): is the input") }
      try OutputFile.check(file, isNoneOf: [weights])
      if case .url(let path) = input, NumberedFiles(file)?.holds(path) == true {
        throw Failure("\(file): would be written over \(path), the input")
      }
      if files[..<index].contains(where: { Self.isSame($0, file) }) {
        throw Failure("\(file): more than one output would be written to it")
      }
      // Folders of numbered pictures are made when needed, and so is what is not on this machine.
      if !file.contains("://"), !Self.isPattern(file) { try OutputFile.checkWritable(file) }
    }
  }

  private var files: [String] {
    (overlays + masks + statistics + [events, log].compactMap { $0 }).filter { $0 != "-" }
  }

  /// Makes sure that existing videos, masks and events may be overwritten: asks where neither -y nor
  /// -n decide. Statistics are overwritten unless -n is given.
  func confirmOverwriting(_ options: OutputOptions) throws {
    if options.overwrite { return }
    for path in files where path != log && (options.keep || !statistics.contains(path)) {
      guard let existing = Self.existingFile(path) else { continue }
      if !options.keep, Console.confirm("\(existing) exists. Overwrite?") { continue }
      throw Failure("\(existing): exists; -y overwrites it")
    }
  }

  /// What would be overwritten; of numbered files, the first one.
  private static func existingFile(_ path: String) -> String? {
    isRegularFile(path) ? path : NumberedFiles(path)?.firstExisting
  }

  /// Whether there is a file whose contents would be lost.
  private static func isRegularFile(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  static func defaultOverlay(for input: MediaInput) throws -> String {
    switch input {
    case .standardInput:
      throw Failure("standard input: has no name to make the output's from; give -o or --mask")
    case .imageFolder(let path):
      return resolved(path) + "_overlay.mp4"
    case .url(let path) where !path.contains("://"):
      // The name of an image pattern is no name for a video, its folder's is.
      if isPattern(path), !isRegularFile(path) {
        return resolved(path.folderOfPath) + "_overlay.mp4"
      }
      return (path as NSString).deletingPathExtension + "_overlay.mp4"
    case .url, .camera, .filterGraph:
      // A stream's overlay goes to the current folder.
      return input.shortName + "_overlay.mp4"
    }
  }

  private static func resolved(_ path: String) -> String {
    URL(fileURLWithPath: path.isEmpty ? "." : path).standardizedFileURL.path
  }

  private static func isOverwritten(_ input: MediaInput, by output: String) -> Bool {
    switch input {
    case .standardInput, .filterGraph: false
    case .imageFolder(let path):
      output.contains("%")
        && resolved(output.folderOfPath) == resolved(path)
    case .url(let path), .camera(let path):
      isSame(output, path)
    }
  }

  /// Whether two paths are those of one file, which need not exist yet.
  private static func isSame(_ first: String, _ second: String) -> Bool {
    if resolved(first) == resolved(second) { return true }
    var (a, b) = (stat(), stat())
    return stat(first, &a) == 0 && stat(second, &b) == 0 && a.st_dev == b.st_dev
      && a.st_ino == b.st_ino && a.st_mode & S_IFMT == S_IFREG
  }

  /// Whether a path stands for numbered files, such as `DIR/%05d.png`.
  private static func isPattern(_ path: String) -> Bool {
    (path as NSString).lastPathComponent.contains(/%0?\d*d/)
  }
}
