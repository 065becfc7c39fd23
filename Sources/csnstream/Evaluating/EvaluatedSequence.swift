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
  init(_ name: String, pictureFolder: String?, groundTruthFolder: String) throws {
    guard isFolder(groundTruthFolder) else { throw Failure("\(groundTruthFolder): no such folder") }
    let pictures = try pictureFolder.map {
      isFolder($0) ? try MediaInput.images(inFolder: $0).map(fileStem) : []
    }
    let pictureNames = pictures ?? []
    let places = ImageNames(pictureNames)
    frames = try MediaInput.images(inFolder: groundTruthFolder).map { path in
      let name = fileStem(path)
      let index = places.index(of: name)
      guard index != nil || pictureNames.isEmpty else {
        throw Failure("\(path): belongs to no picture in \(pictureFolder ?? "")")
      }
      return Frame(name: name, groundTruth: path, index: index)
    }
    self.name = name
    self.pictureFolder = pictureFolder
    self.pictureNames = pictureNames
  }
}

/// Finds images by their names, which differ between the folders of a data set: `cars1_01.jpg` has its
/// ground truth in `cars1_01_gt.ppm`, `cars1_01.png` or `01.png`.
struct ImageNames {
  private var byName: [String: Int] = [:]
  private var byNumber: [Int: Int] = [:]

  /// - Parameter names: without extension.
  init(_ names: [String]) {
    for (index, name) in names.enumerated() {
      byName[name] = index
      if let number = number(in: name) { byNumber[number] = index }
    }
  }

  /// The place of the image of the same name, else of the one that ends with the same number.
  func index(of name: String) -> Int? {
    if let index = byName[name] { return index }
    return number(in: name).flatMap { byNumber[$0] }
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
