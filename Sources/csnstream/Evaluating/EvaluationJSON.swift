import Evaluation

/// What `csnstream eval` finds out, as JSON shows it.
struct EvaluationJSON: Encodable {
  struct Statistics: Encodable {
    let mean: Double
    let recall: Double
    let decay: Double
    /// By frame; nil for averages over sequences.
    var frames: [Double]?

    init(_ statistics: MeasureStatistics) {
      (mean, recall, decay) = (statistics.mean, statistics.recall, statistics.decay)
      frames = statistics.frames
    }

    init(averages: ArraySlice<Double>) {
      let first = averages.startIndex
      (mean, recall, decay) = (averages[first], averages[first + 1], averages[first + 2])
    }
  }

  struct Masks: Encodable {
    let J: Statistics
    let F: Statistics
    let mean: Double
    /// Their names; nil for averages over sequences.
    var frames: [String]?

    enum CodingKeys: String, CodingKey {
      case J, F, frames
      case mean = "J&F"
    }
  }

  struct SalientObjects: Encodable {
    let mae: Double
    let maxFMeasure: Double
    let adaptiveFMeasure: Double
    let structureMeasure: Double
    let maxAlignment: Double
    let adaptiveAlignment: Double

    enum CodingKeys: String, CodingKey {
      case mae
      case maxFMeasure = "f_beta2_0_3_max"
      case adaptiveFMeasure = "f_beta2_0_3_adaptive"
      case structureMeasure = "s_measure"
      case maxAlignment = "e_measure_max"
      case adaptiveAlignment = "e_measure_adaptive"
    }
  }

  struct Flattened: Encodable {
    let maxF1: Double?
    let mae: Double

    enum CodingKeys: String, CodingKey {
      case maxF1 = "max_f1"
      case mae
    }
  }

  let sequences: [String: Masks]
  let global: Masks
  let sod: SalientObjects?
  let flattened: Flattened
  let streaming: StreamingReport?
}

extension EvaluationJSON {
  init(_ report: EvaluationReport) {
    let entries = zip(report.measures.sequences, report.frameNames).map { sequence, names in
      let masks = Masks(
        J: Statistics(sequence.regionSimilarity), F: Statistics(sequence.contourAccuracy),
        mean: sequence.mean, frames: names)
      return (sequence.name, masks)
    }
    // Names that differ in how their accents are encoded only are one to Swift.
    sequences = Dictionary(entries) { first, _ in first }
    let averages = report.global
    global = Masks(
      J: Statistics(averages: averages[1...3]), F: Statistics(averages: averages[4...6]),
      mean: averages[0])
    sod = report.measures.averageSaliency.map {
      SalientObjects(
        mae: $0.meanAbsoluteError, maxFMeasure: $0.maxFMeasure,
        adaptiveFMeasure: $0.adaptiveFMeasure, structureMeasure: $0.structureMeasure,
        maxAlignment: $0.maxAlignment, adaptiveAlignment: $0.adaptiveAlignment)
    }
    flattened = Flattened(
      maxF1: report.measures.flattened.maxF1, mae: report.measures.flattened.meanAbsoluteError)
    streaming = report.streaming
  }
}
