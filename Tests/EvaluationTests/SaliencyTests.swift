import Evaluation
import ReferenceData
import Testing

@Suite struct SaliencyTests {
  private func measure(_ levels: [UInt8], truth: [UInt8], width: Int) -> FrameMeasures {
    let height = truth.count / width
    return FrameMeasures(
      mask: BinaryMask(width: width, height: height, levels: levels, threshold: 128),
      levels: levels,
      truth: BinaryMask(width: width, height: height, levels: truth, threshold: 1))
  }

  @Test("a prediction that is the ground truth gets full marks, wherever the object is")
  func perfect() throws {
    for position in 0..<70 {
      var truth = [UInt8](repeating: 0, count: 70 * 2)
      truth[position] = 255
      truth[70 + position] = 255
      let saliency = try #require(measure(truth, truth: truth, width: 70).saliency)
      #expect(saliency.meanAbsoluteError == 0)
      #expect(saliency.adaptiveFMeasure == 1 && saliency.fMeasureCurve.max() == 1)
      #expect(abs(saliency.structureMeasure - 1) < 1e-9)
      // The E-measure divides by one pixel too few.
      #expect(abs(saliency.adaptiveAlignment - 140.0 / 139) < 1e-9)
    }
  }

  @Test("the lowest level counts as 0 and the highest as 1")
  func stretching() throws {
    let saliency = try #require(
      measure([100, 150, 150, 200], truth: [0, 0, 1, 1], width: 4).saliency)
    #expect(abs(saliency.meanAbsoluteError - 0.25) < 1e-12)
  }

  @Test("pictures without an object are left out of the averages per picture")
  func emptyTruth() {
    var dataset = DatasetMeasures()
    dataset.add("none", frames: [measure([255, 0], truth: [0, 0], width: 2)])
    #expect(dataset.averageSaliency == nil && dataset.flattened.maxF1 == nil)
    #expect(dataset.flattened.meanAbsoluteError == 0.5)
    let alone = measure([255, 51], truth: [1, 0], width: 2)
    dataset.add("one", frames: [alone])
    #expect(dataset.averageSaliency?.meanAbsoluteError == alone.saliency?.meanAbsoluteError)
    #expect(abs(dataset.flattened.meanAbsoluteError - 0.3) < 1e-12)
  }

  @Test("an object that fills the picture is measured")
  func fullTruth() throws {
    let saliency = try #require(measure([255, 0], truth: [1, 1], width: 2).saliency)
    #expect(saliency.structureMeasure == 0.5 && saliency.meanAbsoluteError == 0.5)
  }

  @Test("the flattened maximum is the best of all thresholds")
  func bestThreshold() throws {
    var generator = SeededGenerator(state: 5)
    let truth = (0..<1000).map { _ in UInt8.random(in: 0...1, using: &generator) }
    let levels = truth.map { UInt8($0) * 60 + UInt8.random(in: 0...150, using: &generator) }
    let best = (1...255).map { (threshold: UInt8) in
      let hits = zip(levels, truth).count { $0.0 >= threshold && $0.1 == 1 }
      let sum = levels.count { $0 >= threshold } + truth.count { $0 == 1 }
      return 2 * Double(hits) / Double(sum)
    }.max()
    var dataset = DatasetMeasures()
    dataset.add("a", frames: [measure(levels, truth: truth, width: 40)])
    // One more threshold, 0, makes everything foreground.
    let all = 2 * Double(truth.count { $0 == 1 }) / Double(1000 + truth.count { $0 == 1 })
    #expect(dataset.flattened.maxF1 == max(try #require(best), all))
  }
}
