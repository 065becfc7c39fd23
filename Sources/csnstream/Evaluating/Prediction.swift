import Evaluation
import Foundation
import Media
import Segmentation

/// What is compared with the ground truth of one frame.
struct Prediction: Sendable {
  let mask: BinaryMask
  /// [height, width], probabilities times 255.
  let levels: [UInt8]
}

/// Predictions made before: `DIR/<sequence>/<frame>.png`.
struct PredictionFolder: Sendable {
  private let paths: [String]

  /// Finds the predictions of all frames of a sequence that count.
  /// - Throws: `Failure` if one is missing.
  init(_ folder: String, of sequence: EvaluatedSequence) throws {
    let folder = "\(folder)/\(sequence.name)"
    guard isFolder(folder) else { throw Failure("\(folder): no such folder") }
    let files = try MediaInput.images(inFolder: folder)
    let names = ImageNames(files.map(fileStem))
    // Masks of every picture, numbered from 0 whatever the pictures' own numbers are.
    let isInOrder =
      files.count == sequence.pictureNames.count
      && Set(files.map(fileStem)).isDisjoint(with: sequence.pictureNames)
    paths = try sequence.frames.map { frame in
      guard let index = isInOrder ? frame.index : names.index(of: frame.name) else {
        throw Failure("\(folder)/\(frame.name).png: no such prediction")
      }
      return files[index]
    }
  }

  /// Reads the prediction of a frame, counted among those that count.
  func prediction(_ index: Int, size: PixelSize) throws -> Prediction {
    let image = try MaskImage(path: paths[index])
    guard image.size == size else {
      throw Failure("\(paths[index]): is \(image.size), its ground truth \(size)")
    }
    let levels = spread(image.pixels)
    let mask = BinaryMask(width: size.width, height: size.height, levels: levels, threshold: 128)
    return Prediction(mask: mask, levels: levels)
  }

  /// Two values are those of a mask, such as 0 and 1: they become 0 and 255.
  private func spread(_ pixels: [UInt8]) -> [UInt8] {
    guard let first = pixels.first, let other = pixels.first(where: { $0 != first }),
      pixels.allSatisfy({ $0 == first || $0 == other })
    else { return pixels }
    let foreground = max(first, other)
    return pixels.map { $0 == foreground ? 255 : 0 }
  }
}

/// Predictions that the pipeline has just made.
struct StreamedPredictions: Sendable {
  let sequence: String
  let geometry: InputGeometry
  /// How probabilities become masks.
  let masks: MaskScaler.Output
  /// [H, W] on the network's canvas, of every frame that counts.
  let probabilities: [[Float]]

  /// Scales the prediction of a frame, counted among those that count, to the size of its ground
  /// truth.
  func prediction(_ index: Int, size: PixelSize) throws -> Prediction {
    let picture = geometry.displaySize
    let shapes = (picture.width * size.height, size.width * picture.height)
    guard abs(shapes.0 - shapes.1) * 100 <= max(shapes.0, shapes.1) else {
      throw Failure("\(sequence): its pictures are \(picture), their ground truth is \(size)")
    }
    let soft = MaskScaler(geometry, size: size, output: .soft).mask(from: probabilities[index])
    let hard = MaskScaler(geometry, size: size, output: masks).mask(from: probabilities[index])
    let mask = BinaryMask(
      width: size.width, height: size.height, levels: hard.pixels, threshold: 128)
    return Prediction(mask: mask, levels: soft.pixels)
  }
}
