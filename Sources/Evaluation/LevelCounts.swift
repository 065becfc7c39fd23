/// How often every 8-bit level of a prediction occurs where the ground truth is foreground, and
/// where it is background. All measures of probability maps follow from these counts.
public struct LevelCounts: Hashable, Sendable {
  /// [256], by level.
  public private(set) var foreground = [Int](repeating: 0, count: 256)
  /// [256], by level.
  public private(set) var background = [Int](repeating: 0, count: 256)

  /// Counts nothing yet.
  public init() {}

  /// Foreground pixels of the ground truth.
  var foregroundArea: Int { foreground.reduce(0, +) }
  /// Background pixels of the ground truth.
  var backgroundArea: Int { background.reduce(0, +) }
  /// Pixels.
  var area: Int { foregroundArea + backgroundArea }

  /// Adds the counts of other pixels.
  static func += (left: inout LevelCounts, right: LevelCounts) {
    for level in 0..<256 {
      left.foreground[level] += right.foreground[level]
      left.background[level] += right.background[level]
    }
  }
}

extension LevelCounts {
  /// Counts the four parts into which a column and a row cut a picture: above left, above right,
  /// below left, below right.
  /// - Parameters:
  ///   - levels: the prediction, [height, width].
  ///   - cut: the first column of the right parts, and the first row of the lower parts.
  static func quadrants(
    levels: [UInt8], truth: BinaryMask, cut: (x: Int, y: Int)
  ) -> [LevelCounts] {
    precondition(levels.count == truth.width * truth.height, "a prediction of another size")
    // [below, right, foreground, level]
    var counts = [Int](repeating: 0, count: 2 * 2 * 2 * 256)
    levels.withUnsafeBufferPointer { levels in
      counts.withUnsafeMutableBufferPointer { counts in
        truth.words.withUnsafeBufferPointer { words in
          for y in 0..<truth.height {
            let below = y < cut.y ? 0 : 1024
            for (columns, right) in [(0..<cut.x, 0), (cut.x..<truth.width, 512)] {
              for x in columns {
                let isForeground = Int(
                  words[y * truth.wordsPerRow + x >> 6] >> UInt64(x & 63) & 1)
                let level = Int(levels[y * truth.width + x])
                counts[below + right + isForeground << 8 + level] += 1
              }
            }
          }
        }
      }
    }
    return (0..<4).map { quadrant in
      var part = LevelCounts()
      part.background = Array(counts[512 * quadrant..<512 * quadrant + 256])
      part.foreground = Array(counts[512 * quadrant + 256..<512 * (quadrant + 1)])
      return part
    }
  }
}
