extension BinaryMask {
  /// The column and the row right of and below the pixel nearest to the centroid of the foreground;
  /// nil if there is none.
  var centroidCut: (x: Int, y: Int)? {
    var (count, sumX, sumY) = (0, 0, 0)
    for y in 0..<height {
      for index in 0..<wordsPerRow {
        var word = words[y * wordsPerRow + index]
        count += word.nonzeroBitCount
        sumY += y * word.nonzeroBitCount
        while word != 0 {
          sumX += 64 * index + word.trailingZeroBitCount
          word &= word - 1
        }
      }
    }
    guard count > 0 else { return nil }
    let nearest = { (sum: Int) in
      Int((Double(sum) / Double(count)).rounded(.toNearestOrEven))
    }
    return (nearest(sumX) + 1, nearest(sumY) + 1)
  }
}

/// S: the mean of how alike prediction and ground truth are as objects, and as regions.
/// - Parameters:
///   - quadrants: the parts into which the centroid of the ground truth cuts the picture.
///   - values: [256], what every level stands for, 0…1.
func structureMeasure(_ quadrants: [LevelCounts], values: [Double]) -> Double {
  let counts = quadrants.reduce(into: LevelCounts(), +=)
  let area = Double(counts.area)
  if counts.backgroundArea == 0 { return Moments(counts.foreground, values).mean }

  let share = Double(counts.foregroundArea) / area
  let object =
    share * objectScore(Moments(counts.foreground, values))
    + (1 - share) * objectScore(Moments(counts.background, values.map { 1 - $0 }))
  let region = quadrants.reduce(0.0) { sum, part in
    part.area == 0 ? sum : sum + Double(part.area) / area * similarity(part, values: values)
  }
  return max(0, (object + region) / 2)
}

/// Number, mean and squared deviations of values that occur several times.
private struct Moments {
  let count: Double
  let mean: Double
  /// The sum of the squared distances from the mean.
  let squares: Double

  init(_ counts: [Int], _ values: [Double]) {
    let count = Double(counts.reduce(0, +))
    let mean = zip(counts, values).reduce(0.0) { $0 + Double($1.0) * $1.1 } / count
    self.count = count
    self.mean = mean
    squares = zip(counts, values).reduce(0.0) {
      $0 + Double($1.0) * ($1.1 - mean) * ($1.1 - mean)
    }
  }
}

/// How bright and how even an object is, 0…1.
private func objectScore(_ object: Moments) -> Double {
  let deviation = object.count > 1 ? (object.squares / (object.count - 1)).squareRoot() : 0
  return 2 * object.mean / (object.mean * object.mean + 1 + deviation + .ulpOfOne)
}

/// The structural similarity of prediction and ground truth in one part of a picture.
private func similarity(_ part: LevelCounts, values: [Double]) -> Double {
  let prediction = Moments(zip(part.foreground, part.background).map { $0 + $1 }, values)
  let truth = Moments([part.backgroundArea, part.foregroundArea], [0, 1])
  var products = 0.0
  for (level, value) in values.enumerated() {
    products +=
      (value - prediction.mean)
      * (Double(part.foreground[level]) * (1 - truth.mean)
        - Double(part.background[level]) * truth.mean)
  }
  let degrees = truth.count - 1 + .ulpOfOne
  let (x, y) = (prediction.mean, truth.mean)
  let covariance = 4 * x * y * products / degrees
  let variances = (x * x + y * y) * (prediction.squares + truth.squares) / degrees
  if covariance != 0 { return covariance / (variances + .ulpOfOne) }
  return variances == 0 ? 1 : 0
}
