import Evaluation
import ReferenceData
import Testing

@Suite struct MaskTests {
  /// A picture of foreground and background, one value a pixel.
  private struct Picture {
    let width: Int
    let height: Int
    var pixels: [Bool]

    /// Blobs and loose pixels.
    init(width: Int, height: Int, seed: UInt64) {
      (self.width, self.height) = (width, height)
      var generator = SeededGenerator(state: seed)
      let center = (Int.random(in: 0..<width, using: &generator), height / 2)
      pixels = (0..<width * height).map { index in
        let (x, y) = (index % width - center.0, index / width - center.1)
        return x * x + y * y < 40 || Int.random(in: 0..<20, using: &generator) == 0
      }
    }

    var mask: BinaryMask {
      BinaryMask(width: width, height: height, levels: pixels.map { $0 ? 1 : 0 }, threshold: 1)
    }

    func agrees(with mask: BinaryMask) -> Bool {
      pixels.indices.allSatisfy {
        pixels[$0] == mask.isForeground(x: $0 % width, y: $0 / width)
      }
    }
  }

  static let sizes = [(1, 1), (1, 9), (9, 1), (63, 5), (64, 7), (65, 11), (128, 3), (130, 20)]

  @Test("a mask holds what its levels say, and its area", arguments: sizes)
  func levels(width: Int, height: Int) {
    let picture = Picture(width: width, height: height, seed: 1)
    #expect(picture.agrees(with: picture.mask))
    #expect(picture.mask.area == picture.pixels.count { $0 })
    let below = [UInt8](repeating: 127, count: width * height)
    #expect(BinaryMask(width: width, height: height, levels: below, threshold: 128).area == 0)
  }

  @Test("a contour is where a pixel differs from those right, below or diagonal", arguments: sizes)
  func contour(width: Int, height: Int) {
    let picture = Picture(width: width, height: height, seed: 2)
    var expected = picture
    for y in 0..<height {
      for x in 0..<width {
        let (right, below) = (min(x + 1, width - 1), min(y + 1, height - 1))
        let others = [y * width + right, below * width + x, below * width + right]
        expected.pixels[y * width + x] = others.contains {
          picture.pixels[$0] != picture.pixels[y * width + x]
        }
      }
    }
    #expect(expected.agrees(with: picture.mask.contour))
  }

  @Test("dilating reaches every pixel within the radius", arguments: sizes, [1, 2, 5, 8])
  func dilation(size: (Int, Int), radius: Int) {
    let (width, height) = size
    let picture = Picture(width: width, height: height, seed: 3)
    let foreground = picture.pixels.indices.filter { picture.pixels[$0] }
    var expected = picture
    for index in picture.pixels.indices {
      expected.pixels[index] = foreground.contains {
        let (x, y) = ($0 % width - index % width, $0 / width - index / width)
        return x * x + y * y <= radius * radius
      }
    }
    #expect(expected.agrees(with: picture.mask.dilated(radius: radius)))
  }

  @Test("masks without foreground are right where there is none, and wrong elsewhere")
  func empty() {
    let empty = BinaryMask(
      width: 20, height: 10, levels: [UInt8](repeating: 0, count: 200), threshold: 1)
    let other = Picture(width: 20, height: 10, seed: 4).mask
    #expect(empty.regionSimilarity(to: empty) == 1 && empty.contourAccuracy(to: empty) == 1)
    #expect(empty.regionSimilarity(to: other) == 0 && empty.contourAccuracy(to: other) == 0)
    #expect(other.regionSimilarity(to: empty) == 0 && other.contourAccuracy(to: empty) == 0)
    #expect(other.regionSimilarity(to: other) == 1 && other.contourAccuracy(to: other) == 1)
  }
}
