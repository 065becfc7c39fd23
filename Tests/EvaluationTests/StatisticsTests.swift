import Evaluation
import Testing

@Suite struct StatisticsTests {
  @Test("recall counts what is above one half") func recall() {
    #expect(MeasureStatistics(frames: [0.5, 0.51, 1, 0]).recall == 0.5)
  }

  // First and last quarter as numpy cuts them: round(linspace(1, n, 5) + 1e-10) - 1.
  @Test(
    "decay is the first quarter less the last, both ends included",
    arguments: [
      (1, 0...0, 0...0), (2, 0...0, 1...1), (3, 0...1, 2...2), (10, 0...2, 7...9),
      (11, 0...3, 8...10), (80, 0...20, 59...79), (300, 0...75, 224...299),
    ])
  func decay(count: Int, first: ClosedRange<Int>, last: ClosedRange<Int>) {
    let values = (0..<count).map { 1 / Double($0 + 1) }
    let mean = { (range: ClosedRange<Int>) in
      values[range].reduce(0, +) / Double(range.count)
    }
    let found = MeasureStatistics(frames: values).decay
    #expect(abs(found - (mean(first) - mean(last))) < 1e-12)
  }
}
