extension BinaryMask {
  /// F, the contour accuracy: the harmonic mean of the shares of either contour that lie close to
  /// the other one, 0…1 (Perazzi et al., CVPR 2016, section 5). Close means within a disk whose
  /// radius is 0.8 % of the picture's diagonal, rounded up. 1 if there are no contours, 0 if only one
  /// mask has one.
  /// - Parameter truth: of the same size.
  public func contourAccuracy(to truth: BinaryMask) -> Double {
    let diagonal = Double(width * width + height * height).squareRoot()
    let radius = Int((0.008 * diagonal).rounded(.up))
    let (contour, trueContour) = (self.contour, truth.contour)
    let (length, trueLength) = (contour.area, trueContour.area)
    guard length > 0, trueLength > 0 else { return length == trueLength ? 1 : 0 }
    let precision =
      Double(contour.sharedArea(with: trueContour.dilated(radius: radius))) / Double(length)
    let recall =
      Double(trueContour.sharedArea(with: contour.dilated(radius: radius))) / Double(trueLength)
    return precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall)
  }

  /// The pixels that differ from their neighbour to the right, below, or diagonally below to the
  /// right; where the picture ends, there is no difference. How the benchmark's code draws contours.
  package var contour: BinaryMask {
    var contour = BinaryMask(width: width, height: height)
    for y in 0..<height {
      let row = words[rowRange(y)]
      let below = words[rowRange(min(y + 1, height - 1))]
      let (right, belowRight) = (rightNeighbours(of: row), rightNeighbours(of: below))
      for (index, pixels) in row.enumerated() {
        contour.words[y * wordsPerRow + index] =
          (pixels ^ right[index]) | (pixels ^ below[below.startIndex + index])
          | (pixels ^ belowRight[index])
      }
    }
    return contour
  }

  /// Every pixel that is no further than `radius` pixels from a foreground pixel.
  ///
  /// A disk is a stack of runs: a row widened to both sides by the run's half length counts for the
  /// rows at the run's distance. Widening is done for 64 pixels at a time.
  package func dilated(radius: Int) -> BinaryMask {
    let halfLengths = (0...radius).map { distance in
      Int(Double(radius * radius - distance * distance).squareRoot())
    }
    var dilated = BinaryMask(width: width, height: height)
    for y in 0..<height {
      var widened = Array(words[rowRange(y)])
      guard widened.contains(where: { $0 != 0 }) else { continue }
      // From the shortest run, furthest away, to the longest.
      var halfLength = 0
      for distance in (0...radius).reversed() {
        while halfLength < halfLengths[distance] {
          widen(&widened)
          halfLength += 1
        }
        for target in [y - distance, y + distance] where (0..<height).contains(target) {
          for (index, pixels) in widened.enumerated() {
            dilated.words[target * wordsPerRow + index] |= pixels
          }
        }
      }
    }
    return dilated
  }

  private func rowRange(_ y: Int) -> Range<Int> { y * wordsPerRow..<(y + 1) * wordsPerRow }

  /// The bits of a row's last word that are pixels.
  private var lastWordPixels: UInt64 { ~0 >> UInt64(64 * wordsPerRow - width) }

  /// Every pixel replaced by the one to its right; the last one stays.
  private func rightNeighbours(of row: ArraySlice<UInt64>) -> [UInt64] {
    var result = Array(row)
    for index in result.indices.dropLast() {
      result[index] = result[index] >> 1 | result[index + 1] << 63
    }
    if let last = row.last {
      result[result.count - 1] = last >> 1 | last & (lastWordPixels ^ lastWordPixels >> 1)
    }
    return result
  }

  /// Adds to a row the pixels to the left and to the right of its foreground.
  private func widen(_ row: inout [UInt64]) {
    var previous: UInt64 = 0
    for index in row.indices {
      let pixels = row[index]
      let next = index + 1 < row.count ? row[index + 1] : 0
      row[index] = pixels | pixels << 1 | previous >> 63 | pixels >> 1 | next << 63
      previous = pixels
    }
    if let last = row.indices.last { row[last] &= lastWordPixels }
  }
}
