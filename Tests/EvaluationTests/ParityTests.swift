import Evaluation
import Foundation
import Media
import ReferenceData
import Testing

@Suite(.enabled(if: SharedFolder.exists, "\(SharedFolder.absent)"))
struct ParityTests {
  @Test(
    "J and F of every frame, and their statistics, are those of the benchmark's code",
    arguments: ["bear", "dance-jump", "train"], ["pred", "prob"])
  func masks(sequence: String, predictions: String) throws {
    let expected = try #require(try ReferenceNumbers().sequences[sequence])
    var dataset = DatasetMeasures()
    let found = dataset.add(
      sequence, frames: try measure(sequence, predictions))
    for (statistics, values, summary) in [
      (found.regionSimilarity, expected.J, expected.J_stats),
      (found.contourAccuracy, expected.F, expected.F_stats),
    ] {
      #expect(statistics.frames.count == values.count)
      for (value, reference) in zip(statistics.frames, values) {
        #expect(abs(value - reference) < 1e-12)
      }
      #expect(abs(statistics.mean - summary.mean) < 1e-12)
      #expect(abs(statistics.recall - summary.recall) < 1e-12)
      #expect(abs(statistics.decay - summary.decay) < 1e-12)
    }
  }

  @Test("the measures of salient object detection are those of PySODMetrics and scikit-learn")
  func probabilities() throws {
    let expected = try ReferenceNumbers()
    var dataset = DatasetMeasures()
    for name in expected.sequences.keys.sorted() {
      dataset.add(name, frames: try measure(name, "prob"))
    }
    let sod = try #require(dataset.averageSaliency)
    let found = [
      "mae": sod.meanAbsoluteError, "f_beta2_0_3_max": sod.maxFMeasure,
      "f_beta2_0_3_adaptive": sod.adaptiveFMeasure, "s_measure": sod.structureMeasure,
      "e_measure_max": sod.maxAlignment, "e_measure_adaptive": sod.adaptiveAlignment,
    ]
    #expect(found.keys.sorted() == expected.sod.keys.sorted())
    for (name, value) in expected.sod {
      #expect(abs(try #require(found[name]) - value) < 1e-10, "\(name)")
    }
    let maxF1 = try #require(dataset.flattened.maxF1)
    #expect(abs(maxF1 - (try #require(expected.flattened["max_f1"]))) < 1e-10)
    let mae = dataset.flattened.meanAbsoluteError
    #expect(abs(mae - (try #require(expected.flattened["mae"]))) < 1e-10)
  }

  /// The measures of a sequence of the reference data.
  /// - Parameter predictions: `pred` or `prob`.
  private func measure(_ sequence: String, _ predictions: String) throws -> [FrameMeasures] {
    try (0..<10).map { index in
      let name = "\(sequence)/\(String(format: "%05d", index)).png"
      let truth = try MaskImage(path: SharedFolder.path("parity/metrics/gt/\(name)"))
      let image = try MaskImage(path: SharedFolder.path("parity/metrics/\(predictions)/\(name)"))
      return FrameMeasures(
        mask: mask(image, threshold: 128), levels: image.pixels, truth: mask(truth, threshold: 1))
    }
  }

  private func mask(_ image: MaskImage, threshold: UInt8) -> BinaryMask {
    BinaryMask(
      width: image.size.width, height: image.size.height, levels: image.pixels,
      threshold: threshold)
  }
}
