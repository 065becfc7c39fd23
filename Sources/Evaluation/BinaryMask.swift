/// A mask of foreground and background, one bit a pixel.
public struct BinaryMask: Hashable, Sendable {
  /// Pixels in a row.
  public let width: Int
  /// Rows.
  public let height: Int
  /// [height, wordsPerRow]; the lowest bit is the leftmost pixel, bits beyond the row are 0.
  package var words: [UInt64]

  /// Makes a mask of a map of levels.
  /// - Parameters:
  ///   - levels: [height, width], row by row.
  ///   - threshold: a pixel of this level or above is foreground.
  public init(width: Int, height: Int, levels: [UInt8], threshold: UInt8) {
    precondition(levels.count == width * height, "\(levels.count) levels for \(width)x\(height)")
    self.init(width: width, height: height)
    levels.withUnsafeBufferPointer { levels in
      for y in 0..<height {
        let row = levels[y * width..<(y + 1) * width]
        for index in 0..<wordsPerRow {
          var word: UInt64 = 0
          let start = row.startIndex + 64 * index
          for position in start..<min(start + 64, row.endIndex) {
            word |= (levels[position] >= threshold ? 1 : 0) << UInt64(position - start)
          }
          words[y * wordsPerRow + index] = word
        }
      }
    }
  }

  /// A mask without foreground.
  init(width: Int, height: Int) {
    (self.width, self.height) = (width, height)
    words = Array(repeating: 0, count: height * ((width + 63) / 64))
  }

  var wordsPerRow: Int { (width + 63) / 64 }

  /// The number of foreground pixels.
  public var area: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

  /// Whether a pixel is foreground.
  public func isForeground(x: Int, y: Int) -> Bool {
    words[y * wordsPerRow + x / 64] >> UInt64(x % 64) & 1 == 1
  }

  /// The number of pixels that are foreground in both masks, which have the same size.
  func sharedArea(with other: BinaryMask) -> Int {
    precondition(width == other.width && height == other.height, "masks of different sizes")
    return zip(words, other.words).reduce(0) { $0 + ($1.0 & $1.1).nonzeroBitCount }
  }
}
