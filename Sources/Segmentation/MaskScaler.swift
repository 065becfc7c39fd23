public import Media

/// Turns probabilities on the network's canvas into a mask at the size of a picture: crops the padding
/// and scales up, bilinear with half-pixel centres, or nearest.
public struct MaskScaler: Sendable {
  /// What becomes of the probabilities.
  public enum Output: Hashable, Sendable {
    /// 0…255, proportional to the probability.
    case soft
    /// 255 where the scaled-up probability is above the threshold, else 0.
    case binary(threshold: Float)
    /// The published protocol: thresholded at network size (255 above, else 0), then scaled up by
    /// nearest neighbour.
    case binaryNearest(threshold: Float)
  }

  /// The size of the masks made.
  public let size: PixelSize
  private let geometry: InputGeometry
  private let output: Output
  private let columns: [Sample]
  private let rows: [Sample]

  /// Where a target pixel lies between two source pixels.
  private struct Sample {
    var first: Int
    var second: Int
    /// The weight of `second`, 0…1.
    var fraction: Float
  }

  /// Makes a scaler to `size`, the whole picture of `geometry`.
  public init(_ geometry: InputGeometry, size: PixelSize, output: Output) {
    self.geometry = geometry
    self.size = size
    self.output = output
    let nearest = if case .binaryNearest = output { true } else { false }
    let samples = { (source: Int, target: Int) in
      (0..<target).map { i in
        if nearest {
          let index = i * source / target
          return Sample(first: index, second: index, fraction: 0)
        }
        let centre = (Double(i) + 0.5) * Double(source) / Double(target) - 0.5
        let position = min(max(centre, 0), Double(source - 1))
        let index = Int(position)
        return Sample(
          first: index, second: min(index + 1, source - 1),
          fraction: Float(position - Double(index)))
      }
    }
    columns = samples(geometry.scaledSize.width, size.width)
    rows = samples(geometry.scaledSize.height, size.height)
  }

  /// Makes the mask of one frame.
  /// - Parameter probabilities: [H, W] on the canvas, 0…1.
  public func mask(from probabilities: [Float]) -> Mask {
    precondition(probabilities.count == geometry.canvasPixels)
    let sourceWidth = geometry.scaledSize.width
    let pixels = [UInt8](unsafeUninitializedCapacity: size.width * size.height) { pixels, count in
      var line = [Float](repeating: 0, count: sourceWidth)
      for (y, row) in rows.enumerated() {
        line.withUnsafeMutableBufferPointer { line in
          probabilities.withUnsafeBufferPointer { source in
            let first = (geometry.top + row.first) * geometry.canvasSize.width + geometry.left
            let second = (geometry.top + row.second) * geometry.canvasSize.width + geometry.left
            for x in 0..<sourceWidth {
              line[x] = source[first + x] + row.fraction * (source[second + x] - source[first + x])
            }
          }
        }
        let target = UnsafeMutableBufferPointer(
          rebasing: pixels[y * size.width..<(y + 1) * size.width])
        write(line, to: target)
      }
      count = size.width * size.height
    }
    return Mask(size: size, pixels: pixels)
  }

  private func write(_ line: [Float], to target: UnsafeMutableBufferPointer<UInt8>) {
    columns.withUnsafeBufferPointer { columns in
      line.withUnsafeBufferPointer { line in
        func value(_ column: Sample) -> Float {
          line[column.first] + column.fraction * (line[column.second] - line[column.first])
        }
        switch output {
        case .soft:
          for x in 0..<target.count {
            target[x] = UInt8(min(max(value(columns[x]) * 255 + 0.5, 0), 255))
          }
        case .binary(let threshold), .binaryNearest(let threshold):
          for x in 0..<target.count { target[x] = value(columns[x]) > threshold ? 255 : 0 }
        }
      }
    }
  }
}
