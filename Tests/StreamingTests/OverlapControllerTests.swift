import Streaming
import Testing

@Suite struct OverlapControllerTests {
  /// A network that needs the time of `cost` frames for a clip of 8, on a source that drops nothing.
  private struct Simulation {
    var controller: OverlapController
    var waiting = 0.0
    private(set) var waitingMax = 0.0

    init(limits: ClosedRange<Int>) {
      controller = OverlapController(clipLength: 8, limits: limits)
    }

    mutating func run(clips: Int, cost: Double) -> [Int] {
      (0..<clips).map { _ in
        let newFrames = Double(8 - controller.overlap)
        // It waits for the frames of the clip, then takes them, and others come while it works.
        waiting = max(0, waiting - newFrames) + cost
        waitingMax = max(waitingMax, waiting)
        return controller.update(waiting: Int(waiting))
      }
    }
  }

  @Test("with time to spare the overlap is the most there may be", arguments: [0, 1, 3, 7])
  func ease(most: Int) {
    var simulation = Simulation(limits: 0...most)
    #expect(Set(simulation.run(clips: 100, cost: 0.4)) == [most])
  }

  @Test(
    "under load it falls as far as it must, at once and to stay",
    arguments: [(4.5, 3), (5.5, 2), (6.5, 1), (7.5, 0), (20, 0)])
  func load(cost: Double, overlap: Int) {
    var simulation = Simulation(limits: 0...3)
    _ = simulation.run(clips: 10, cost: 2)
    let overlaps = simulation.run(clips: 100, cost: cost)
    #expect(overlaps[1...].allSatisfy { $0 == overlap }, "\(overlaps)")
    #expect(cost > 8 || simulation.waitingMax <= 8)
  }

  @Test("it returns step by step once the load is gone, and not before")
  func returns() {
    var simulation = Simulation(limits: 0...3)
    _ = simulation.run(clips: 5, cost: 7.5)
    // Light enough for an overlap of 1; with 2 there would be little to spare.
    #expect(simulation.run(clips: 50, cost: 4.5).last == 1)
    let overlaps = simulation.run(clips: 50, cost: 2)
    #expect(overlaps == overlaps.sorted())
    #expect(overlaps.first == 1 && overlaps.last == 3)
    #expect(overlaps.firstIndex(of: 3).map { $0 > 5 } == true)
  }

  @Test("it keeps to its limits")
  func limits() {
    var generator = SeededGenerator(state: 1)
    var controller = OverlapController(clipLength: 8, limits: 2...5)
    for _ in 0..<1000 {
      let overlap = controller.update(waiting: Int.random(in: 0...20, using: &generator))
      #expect((2...5).contains(overlap))
    }
  }

  @Test("a steady load does not make it go back and forth")
  func hysteresis() {
    for cost in stride(from: 0.5, through: 12, by: 0.25) {
      var simulation = Simulation(limits: 0...7)
      _ = simulation.run(clips: 60, cost: cost)
      let overlaps = simulation.run(clips: 60, cost: cost)
      #expect(Set(overlaps).count == 1, "\(cost): \(overlaps)")
    }
  }
}
