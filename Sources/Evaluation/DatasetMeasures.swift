/// J and F of one sequence.
public struct SequenceMeasures: Sendable {
  /// The sequence's name.
  public let name: String
  /// J.
  public let regionSimilarity: MeasureStatistics
  /// F.
  public let contourAccuracy: MeasureStatistics

  /// J&F: the average of both means.
  public var mean: Double { (regionSimilarity.mean + contourAccuracy.mean) / 2 }
}

/// Everything that is measured of the sequences of a data set.
public struct DatasetMeasures: Sendable {
  /// The sequences, in the order in which they were added.
  public private(set) var sequences: [SequenceMeasures] = []
  /// All pixels of all frames thrown together.
  public private(set) var flattened = FlattenedMeasures()
  private var saliency: [SaliencyMeasures] = []

  /// Holds nothing yet.
  public init() {}

  /// Adds a sequence; returns its measures.
  /// - Parameter frames: those that count, in order; at least one.
  @discardableResult
  public mutating func add(_ name: String, frames: [FrameMeasures]) -> SequenceMeasures {
    let sequence = SequenceMeasures(
      name: name, regionSimilarity: MeasureStatistics(frames: frames.map(\.regionSimilarity)),
      contourAccuracy: MeasureStatistics(frames: frames.map(\.contourAccuracy)))
    sequences.append(sequence)
    for frame in frames { flattened.add(frame.counts) }
    saliency += frames.compactMap(\.saliency)
    return sequence
  }

  /// The measures of salient object detection, averaged over pictures; nil if no ground truth has
  /// foreground.
  public var averageSaliency: AverageSaliency? {
    saliency.isEmpty ? nil : AverageSaliency(saliency)
  }
}

/// Averages of `SaliencyMeasures` over pictures.
public struct AverageSaliency: Hashable, Sendable {
  /// The mean absolute error, 0…1.
  public let meanAbsoluteError: Double
  /// The highest point of the average F-measure curve.
  public let maxFMeasure: Double
  /// The F-measure thresholded at twice the mean.
  public let adaptiveFMeasure: Double
  /// S.
  public let structureMeasure: Double
  /// The highest point of the average E-measure curve.
  public let maxAlignment: Double
  /// E, thresholded at twice the mean.
  public let adaptiveAlignment: Double

  fileprivate init(_ pictures: [SaliencyMeasures]) {
    meanAbsoluteError = pictures.map(\.meanAbsoluteError).mean
    maxFMeasure = Self.peak(pictures.map(\.fMeasureCurve))
    adaptiveFMeasure = pictures.map(\.adaptiveFMeasure).mean
    structureMeasure = pictures.map(\.structureMeasure).mean
    maxAlignment = Self.peak(pictures.map(\.alignmentCurve))
    adaptiveAlignment = pictures.map(\.adaptiveAlignment).mean
  }

  private static func peak(_ curves: [[Double]]) -> Double {
    (0..<256).map { threshold in curves.map { $0[threshold] }.mean }.max() ?? 0
  }
}

/// Measures of all pixels of all frames thrown together, as the authors of 3DC-Seg report them for
/// FBMS and ViSal.
public struct FlattenedMeasures: Hashable, Sendable {
  private var counts = LevelCounts()

  mutating func add(_ frame: LevelCounts) { counts += frame }

  /// The mean absolute error of the probabilities, 0…1.
  public var meanAbsoluteError: Double {
    let error = (0..<256).reduce(0) { sum, level in
      sum + counts.foreground[level] * (255 - level) + counts.background[level] * level
    }
    return Double(error) / 255 / Double(counts.area)
  }

  /// The largest F1 (β² = 1) over all thresholds; nil if no ground truth has foreground.
  public var maxF1: Double? {
    let truthArea = counts.foregroundArea
    guard truthArea > 0 else { return nil }
    var (hits, predicted, best) = (0, 0, 0.0)
    for level in (0..<256).reversed() {
      hits += counts.foreground[level]
      predicted += counts.foreground[level] + counts.background[level]
      best = max(best, 2 * Double(hits) / Double(predicted + truthArea))
    }
    return best
  }
}
