/// The measures of salient object detection for one picture, in the form most papers use: the
/// prediction is stretched to 0…1 first, and pictures whose ground truth is empty are left out.
/// Agrees with PySODMetrics 1.6.
public struct SaliencyMeasures: Hashable, Sendable {
  /// The mean absolute error, 0…1.
  public let meanAbsoluteError: Double
  /// The F-measure with β² = 0.3 (Achanta et al., CVPR 2009), thresholded at twice the mean.
  public let adaptiveFMeasure: Double
  /// The same for 256 thresholds from high to low.
  public let fMeasureCurve: [Double]
  /// The structure measure S (Fan et al., ICCV 2017) with α = 0.5.
  public let structureMeasure: Double
  /// The enhanced-alignment measure E (Fan et al., IJCAI 2018), thresholded at twice the mean.
  public let adaptiveAlignment: Double
  /// The same for 256 thresholds from high to low.
  public let alignmentCurve: [Double]

  /// Measures a prediction; the ground truth has foreground.
  /// - Parameter quadrants: the parts into which the centroid of the ground truth cuts the picture.
  init(quadrants: [LevelCounts]) {
    let counts = quadrants.reduce(into: LevelCounts(), +=)
    let values = stretchedLevels(of: counts)
    let area = Double(counts.area)

    var (error, sum) = (0.0, 0.0)
    for (level, value) in values.enumerated() {
      let (inside, outside) = (Double(counts.foreground[level]), Double(counts.background[level]))
      error += inside * (1 - value) + outside * value
      sum += (inside + outside) * value
    }
    meanAbsoluteError = error / area
    structureMeasure = Evaluation.structureMeasure(quadrants, values: values)

    let adaptive = Detection(
      counts, levels: values.indices.filter { values[$0] >= min(2 * sum / area, 1) })
    adaptiveFMeasure = adaptive.fMeasure
    adaptiveAlignment = adaptive.enhancedAlignment

    // Thresholds are compared with whole levels, which are cut off and not rounded.
    let levelsByThreshold = Dictionary(grouping: values.indices) { Int(values[$0] * 255) }
    var detection = Detection(counts, levels: [])
    var curves: (f: [Double], e: [Double]) = ([], [])
    for threshold in (0..<256).reversed() {
      for level in levelsByThreshold[threshold] ?? [] { detection.add(level, of: counts) }
      curves.f.append(detection.fMeasure)
      curves.e.append(detection.enhancedAlignment)
    }
    (fMeasureCurve, alignmentCurve) = curves
  }
}

/// The value 0…1 of every level once the lowest that occurs is stretched to 0 and the highest to 1;
/// a picture of one level is left as it is.
private func stretchedLevels(of counts: LevelCounts) -> [Double] {
  let present = (0..<256).filter { counts.foreground[$0] + counts.background[$0] > 0 }
  let values = (0..<256).map { Double($0) / 255 }
  guard let first = present.first, let last = present.last, first < last else { return values }
  // Levels outside what occurs are counted nowhere; they stay in range.
  return values.map { min(max(($0 - values[first]) / (values[last] - values[first]), 0), 1) }
}

/// A prediction cut at a threshold, beside the ground truth.
private struct Detection {
  /// Pixels that are foreground in both.
  private(set) var hits = 0
  /// Pixels that are foreground in the prediction only.
  private(set) var falseAlarms = 0
  /// Foreground pixels of the ground truth.
  let truthArea: Int
  /// All pixels.
  let area: Int

  init(_ counts: LevelCounts, levels: [Int]) {
    truthArea = counts.foregroundArea
    area = counts.area
    for level in levels { add(level, of: counts) }
  }

  /// Makes a level foreground.
  mutating func add(_ level: Int, of counts: LevelCounts) {
    hits += counts.foreground[level]
    falseAlarms += counts.background[level]
  }

  /// F with β² = 0.3.
  var fMeasure: Double {
    guard hits > 0 else { return 0 }
    let precision = Double(hits) / Double(hits + falseAlarms)
    let recall = Double(hits) / Double(truthArea)
    return 1.3 * precision * recall / (0.3 * precision + recall)
  }

  /// E: how well both masks, less their means, agree pixel by pixel.
  var enhancedAlignment: Double {
    let size = Double(area)
    let predictedArea = hits + falseAlarms
    if truthArea == area { return Double(predictedArea) / (size - 1 + .ulpOfOne) }
    let mean = Double(predictedArea) / size
    let trueMean = Double(truthArea) / size
    let misses = truthArea - hits
    let parts = [
      (hits, 1 - mean, 1 - trueMean), (falseAlarms, 1 - mean, -trueMean),
      (misses, -mean, 1 - trueMean), (area - predictedArea - misses, -mean, -trueMean),
    ]
    let sum = parts.reduce(0.0) { sum, part in
      let (count, a, b) = part
      let alignment = 2 * a * b / (a * a + b * b + .ulpOfOne)
      return sum + Double(count) * (alignment + 1) * (alignment + 1) / 4
    }
    return sum / (size - 1 + .ulpOfOne)
  }
}
