import ArgumentParser
import Foundation

/// How a data set lies on the disk.
enum DatasetLayout: String, CaseIterable, ExpressibleByArgument {
  /// `ImageSets/480p/val.txt` (or `ImageSets/2016/val.txt`, or `ImageSets/val.txt`),
  /// `JPEGImages/480p/<seq>/`, `Annotations/480p/<seq>/`.
  case davis2016
  /// `Testset/<seq>/`, sparse ground truth in `inst/test/<seq>/`, else in
  /// `Testset/<seq>/GroundTruth/` or `GroundTruth/<seq>/`.
  case fbms
  /// `ViSal/<seq>/`, sparse ground truth in `GroundTruth/<seq>/`.
  case visal
  /// `<seq>/`: ground truth only.
  case folder

  /// The sequences of the data set in a folder.
  /// - Parameters:
  ///   - split: the list of DAVIS.
  ///   - chosen: the names of those wanted; all if empty.
  func sequences(
    in root: String, split: String, named chosen: [String]
  ) throws -> [EvaluatedSequence] {
    let all =
      switch self {
      case .davis2016: try davisNames(in: root, split: split)
      case .fbms: try subfolders(of: "\(root)/Testset")
      case .visal: try subfolders(of: "\(root)/ViSal")
      case .folder: try subfolders(of: root)
      }
    if let unknown = chosen.first(where: { !all.contains($0) }) {
      throw Failure("\(root): has no sequence \"\(unknown)\"")
    }
    return try all.filter { chosen.isEmpty || chosen.contains($0) }.map { name in
      try EvaluatedSequence(
        name, pictureFolder: pictureFolder(of: name, in: root),
        groundTruthFolder: groundTruthFolder(of: name, in: root), isDense: self == .davis2016)
    }
  }

  private func pictureFolder(of name: String, in root: String) -> String? {
    switch self {
    case .davis2016: "\(root)/JPEGImages/480p/\(name)"
    case .fbms: "\(root)/Testset/\(name)"
    case .visal: "\(root)/ViSal/\(name)"
    case .folder: nil
    }
  }

  private func groundTruthFolder(of name: String, in root: String) -> String {
    switch self {
    case .davis2016: return "\(root)/Annotations/480p/\(name)"
    case .fbms:
      // The published numbers come from the first one; the last one stands for all in messages.
      let candidates = [
        "\(root)/inst/test/\(name)", "\(root)/GroundTruth/\(name)",
        "\(root)/Testset/\(name)/GroundTruth",
      ]
      return candidates.first(where: isFolder) ?? candidates[2]
    case .visal: return "\(root)/GroundTruth/\(name)"
    case .folder: return "\(root)/\(name)"
    }
  }
}

/// The sequences of a list: a line each, as a name or as the paths of a frame and its annotation.
private func davisNames(in root: String, split: String) throws -> [String] {
  let lists = ["480p/", "2016/", ""].map { "\(root)/ImageSets/\($0)\(split).txt" }
  guard let list = lists.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
    throw Failure("\(lists[0]): no such file")
  }
  guard let text = try? String(contentsOfFile: list, encoding: .utf8) else {
    throw Failure("\(list): cannot be read as text in UTF-8")
  }
  var names: [String] = []
  for line in text.split(whereSeparator: \.isNewline) {
    guard let path = line.split(whereSeparator: \.isWhitespace).first else { continue }
    let parts = path.split(separator: "/")
    guard let name = parts.dropLast().last ?? parts.last else { continue }
    if !names.contains(String(name)) { names.append(String(name)) }
  }
  guard !names.isEmpty else { throw Failure("\(list): names no sequence") }
  return names
}

private func subfolders(of path: String) throws -> [String] {
  guard isFolder(path) else { throw Failure("\(path): no such folder") }
  let names = try FileManager.default.contentsOfDirectory(atPath: path)
    .filter { !$0.hasPrefix(".") && isFolder("\(path)/\($0)") }
  guard !names.isEmpty else { throw Failure("\(path): has no folders of sequences") }
  return names.sorted()
}

/// Whether there is a folder of this path.
func isFolder(_ path: String) -> Bool {
  var isDirectory: ObjCBool = false
  return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
    && isDirectory.boolValue
}
