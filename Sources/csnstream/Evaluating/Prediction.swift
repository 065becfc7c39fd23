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
  /// Its files, one for each frame that counts.
  let paths: [String]
  /// The least level of foreground.
  private let threshold: UInt8
  /// Whether the images have two values in all, such as 0 and 1, the greater of which is foreground.
  private let areMasks: Bool

  /// Finds the predictions of all frames of a sequence that count.
  /// - Parameter threshold: the probability above which a pixel is foreground.
  /// - Throws: `Failure` if one is missing, or it is not clear which frame one belongs to; `MediaError`
  ///   if one cannot be read.
  init(_ folder: String, of sequence: EvaluatedSequence, threshold: Float) throws {
    let folder = "\(folder)/\(sequence.name)"
    guard isFolder(folder) else { throw Failure("\(folder): no such folder") }
    let files = try MediaInput.images(inFolder: folder)
    let frames = sequence.frames
    let stems = files.map(fileStem)
    if stems != sequence.pictureNames, files.count == sequence.pictureNames.count,
      ImageNames.areCounted(stems)
    {
      // Of every picture, whatever the numbers begin with.
      if stems.contains(where: sequence.pictureNames.contains) {
        Console.warn(
          "\(folder): \(stems[0]) is taken for \(sequence.pictureNames[0]), the first picture, and so on"
        )
      }
      paths = frames.compactMap { frame in frame.index.map { files[$0] } }
    } else {
      let pictures = ImageNames(sequence.pictureNames)
      if !sequence.pictureNames.isEmpty,
        let stray = try files.first(where: { try pictures.index(of: fileStem($0)) == nil })
      {
        throw Failure("\(stray): belongs to no picture in \(sequence.pictureFolder ?? "")")
      }
      let names = ImageNames(stems)
      paths = try frames.map { frame in
        guard let index = try names.index(of: frame.name) else {
          throw Failure("\(folder)/\(frame.name).png: no such prediction")
        }
        return files[index]
      }
    }
    let maskLevel = try Self.maskLevel(paths)
    areMasks = maskLevel != nil
    self.threshold = maskLevel ?? UInt8(min(255, (255 * threshold).rounded(.down) + 1))
  }

  /// Reads the prediction of a frame, counted among those that count.
  func prediction(_ index: Int, size: PixelSize) throws -> Prediction {
    let image = try MaskImage(path: paths[index])
    guard image.size == size else {
      throw Failure("\(paths[index]): is \(image.size), its ground truth \(size)")
    }
    let mask = BinaryMask(
      width: size.width, height: size.height, levels: image.pixels, threshold: threshold)
    let levels = areMasks ? image.pixels.map { $0 < threshold ? 0 : 255 } : image.pixels
    return Prediction(mask: mask, levels: levels)
  }

  /// The greater of the two values that all images hold together; nil if they hold more, or just one.
  private static func maskLevel(_ paths: [String]) throws -> UInt8? {
    var isFound = [Bool](repeating: false, count: 256)
    for path in paths {
      for pixel in try MaskImage(path: path).pixels { isFound[Int(pixel)] = true }
      if isFound.count(where: \.self) > 2 { return nil }
    }
    let values = isFound.indices.filter { isFound[$0] }
    return values.count == 2 ? values.last.map(UInt8.init) : nil
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
