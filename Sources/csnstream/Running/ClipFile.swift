import Checkpoint
import Media
import Network
import Segmentation

/// A clip in a safetensors file: `frames`, uint8 [3, T, H, W], RGB.
struct ClipFile {
  let frameCount: Int
  let height: Int
  let width: Int
  private let frames: Weight
  private let geometry: InputGeometry

  /// - Throws: `CheckpointError` when the file cannot be read, `Failure` when it holds no clip.
  init(path: String) throws {
    let weights = try Safetensors(path: path).weights
    guard let frames = weights["frames"] else {
      throw Failure("\(path): holds no tensor \"frames\"")
    }
    guard frames.elementType == .uint8, frames.shape.count == 4, frames.shape[0] == 3,
      frames.count > 0
    else {
      throw Failure(
        "\(path): \"frames\" is \(frames.elementType.rawValue) \(frames.shape), "
          + "expected U8 [3, T, H, W]")
    }
    self.frames = frames
    (frameCount, height, width) = (frames.shape[1], frames.shape[2], frames.shape[3])
    // A picture whose short edge keeps its length is padded and not scaled.
    geometry = InputGeometry(
      displaySize: PixelSize(width: width, height: height), shortEdge: min(width, height))
  }

  /// The clip with its padding.
  var padded: ClipShape {
    ClipShape(
      frames: frameCount, height: geometry.canvasSize.height, width: geometry.canvasSize.width)
  }

  /// Writes the padded clip, [T, H, W, 3].
  func fill(_ input: inout MutableSpan<UInt8>) {
    for index in input.indices { input[index] = 0 }
    let canvas = geometry.canvasSize
    frames.withBytes { source in
      var next = 0
      for channel in 0..<3 {
        for frame in 0..<frameCount {
          for y in 0..<height {
            let row = (frame * canvas.height + geometry.top + y) * canvas.width + geometry.left
            for x in 0..<width {
              input[(row + x) * 3 + channel] = source[next]
              next += 1
            }
          }
        }
      }
    }
  }

  /// Cuts the padding off values [… H, W] of the padded clip.
  func crop(_ values: Span<Float>) -> [Float] {
    let canvas = geometry.canvasSize
    let imageCount = values.count / geometry.canvasPixels
    var cropped: [Float] = []
    cropped.reserveCapacity(imageCount * height * width)
    for image in 0..<imageCount {
      for y in 0..<height {
        let row = (image * canvas.height + geometry.top + y) * canvas.width + geometry.left
        for x in row..<row + width { cropped.append(values[x]) }
      }
    }
    return cropped
  }
}
