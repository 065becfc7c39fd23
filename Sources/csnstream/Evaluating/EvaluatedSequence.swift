import Foundation
import Media

/// A sequence of a data set, with the frames that count: those with ground truth.
struct EvaluatedSequence: Sendable {
  /// A frame with ground truth.
  struct Frame: Sendable {
    /// Its name without extension.
    let name: String
    /// The ground truth's file.
    let groundTruth: String
    /// Its place among the sequence's pictures, from 0; nil if there are no pictures.
    let index: Int?
  }

  let name: String
  /// Where its pictures are, if they are there; nil for a data set of masks only.
  let pictureFolder: String?
  /// The names of its pictures without extension, in order; empty if there are none.
  let pictureNames: [String]
  /// The frames that count, in order; at least one.
  let frames: [Frame]

  /// Lists a sequence's files. Without pictures, masks that exist already can be compared.
  /// - Parameter isDense: whether every picture must have its ground truth.
  /// - Throws: `Failure`, `MediaError` if a folder or an image that must be there is not, or it is not
  ///   clear which picture one belongs to.
  init(
    _ name: String, pictureFolder: String?, groundTruthFolder: String, isDense: Bool
  ) throws {
    guard isFolder(groundTruthFolder) else { throw Failure("\(groundTruthFolder): no such folder") }
    let pictures = try pictureFolder.map {
      isFolder($0) ? try MediaInput.images(inFolder: $0).map(fileStem) : []
    }
    let pictureNames = pictures ?? []
    let places = ImageNames(pictureNames)
    var isTaken: Set<Int> = []
    frames = try groundTruths(in: groundTruthFolder).map { path in
      let name = fileStem(path)
      let index = try places.index(of: name)
      guard index != nil || pictureNames.isEmpty else {
        throw Failure("\(path): belongs to no picture in \(pictureFolder ?? "")")
      }
      if let index, !isTaken.insert(index).inserted {
        throw Failure("\(path): \(pictureNames[index]) has another ground truth as well")
      }
      return Frame(name: name, groundTruth: path, index: index)
    }
    if isDense, !pictureNames.isEmpty, frames.count != pictureNames.count {
      throw Failure(
        "\(groundTruthFolder): has ground truth for \(frames.count) of \(pictureNames.count) pictures"
      )
    }
    self.name = name
    self.pictureFolder = pictureFolder
    self.pictureNames = pictureNames
  }
}

/// The images of a folder. The original FBMS has the same ground truth in other forms beside that in
/// colour.
private func groundTruths(in folder: String) throws -> [String] {
  let names = try FileManager.default.contentsOfDirectory(atPath: folder)
  let isOriginalFBMS = names.contains { $0.hasSuffix("_gt.ppm") }
  return try MediaInput.images(inFolder: folder) { name in
    !isOriginalFBMS || name.hasSuffix("_gt.ppm") && !name.hasSuffix("_PROB_gt.ppm")
  }
}

/// Finds images by their names, which differ between the folders of a data set: `cars1_01.jpg` has its
/// ground truth in `cars1_01_gt.ppm`, `cars1_01.png` or `01.png`.
struct ImageNames {
  private let names: [String]
  private var byName: [String: Int] = [:]
  private var byNumber: [Int: [Int]] = [:]

  /// - Parameter names: without extension.
  init(_ names: [String]) {
    self.names = names
    for (index, name) in names.enumerated() {
      byName[name] = index
      if let number = number(in: name) { byNumber[number, default: []].append(index) }
    }
  }

  /// Whether names end with numbers that follow one another.
  static func areCounted(_ names: [String]) -> Bool {
    let numbers = names.map(number(in:))
    return zip(numbers, numbers.dropFirst()).allSatisfy { first, second in
      first.flatMap { first in second.map { $0 == first + 1 } } ?? false
    }
  }

  /// The place of the image of the same name, else of the one that ends with the same number.
  /// - Throws: `Failure` if several do.
  func index(of name: String) throws -> Int? {
    if let index = byName[name] { return index }
    let found = number(in: name).flatMap { byNumber[$0] } ?? []
    if found.count > 1 {
      throw Failure("\(name): \(names[found[0]]) and \(names[found[1]]) both have its number")
    }
    return found.first
  }
}

/// The number at the end of a name, `_gt` aside.
private func number(in name: String) -> Int? {
  let name = name.hasSuffix("_gt") ? name.dropLast(3) : name[...]
  return Int(String(name.reversed().prefix { ("0"..."9").contains($0) }.reversed()))
}

/// A path's last part without extension.
func fileStem(_ path: String) -> String {
  URL(filePath: path).deletingPathExtension().lastPathComponent
}
