import Foundation
import Media
import Segmentation
import Synchronization
import Testing

/// Takes the numbers of frames; slow, broken or stuck as asked.
private final class FakeOutput: SegmentationOutput, Sendable {
  struct Broken: Error, CustomStringConvertible { let description = "fake: broken" }

  let frames = Mutex<[Int]>([])
  let soundCount = Atomic(0)
  let finishCount = Atomic(0)
  /// What is called before each frame is taken.
  private let take: @Sendable (Int) throws -> Void
  /// What is called before it ends.
  private let end: @Sendable () -> Void

  init(
    _ take: @escaping @Sendable (Int) throws -> Void = { _ in },
    end: @escaping @Sendable () -> Void = {}
  ) {
    self.take = take
    self.end = end
  }

  func write(_ item: SegmentedItem) throws {
    guard case .frame(let frame) = item else {
      soundCount.add(1, ordering: .relaxed)
      return
    }
    try take(frame.index)
    frames.withLock { $0.append(frame.index) }
  }

  func finish() {
    end()
    finishCount.add(1, ordering: .relaxed)
  }

  var indices: [Int] { frames.withLock { $0 } }
}

/// Lines that were reported.
private final class Lines: Sendable {
  private let lines = Mutex<[String]>([])

  func append(_ line: String) { lines.withLock { $0.append(line) } }

  var all: [String] { lines.withLock { $0 } }
}

@Suite(.timeLimit(.minutes(2))) struct OutputGroupTests {
  /// What a pipeline delivers for 40 pictures.
  private func items() async throws -> [SegmentedItem] {
    let geometry = InputGeometry(displaySize: FakeSource.size, shortEdge: 32)
    let pipeline = SegmentationPipeline(
      settings: ClipSettings(), geometry: geometry,
      engine: FakeEngine(clipLength: 8, canvas: geometry.canvasSize))
    var items: [SegmentedItem] = []
    _ = try await pipeline.run(
      source: FakeSource(frameCount: 40), interruption: Interruption()
    ) { items.append($0) }
    return items
  }

  @Test("a queue that keeps up loses nothing and ends when all is written")
  func queue() async throws {
    let output = FakeOutput { _ in usleep(2000) }
    let lines = Lines()
    let queued = QueuedOutput(
      output, name: "fake", capacity: 40, interruption: Interruption(),
      monitor: PipelineMonitor(), report: lines.append)
    for item in try await items() { try queued.write(item) }
    try queued.finish()
    #expect(output.indices == Array(0..<40))
    #expect(output.finishCount.load(ordering: .relaxed) == 1)
    #expect(lines.all == [])
  }

  @Test("a slow output misses frames, which are counted; the others miss none")
  func slowOutput() async throws {
    let hasBegun = Atomic(false)
    let mayEnd = Atomic(false)
    let slow = FakeOutput { _ in
      hasBegun.store(true, ordering: .relaxed)
      while !mayEnd.load(ordering: .relaxed) { usleep(1000) }
    }
    let other = FakeOutput()
    let lines = Lines()
    let monitor = PipelineMonitor()
    let group = OutputGroup(
      [
        QueuedOutput(
          slow, name: "fake", capacity: 5, interruption: Interruption(),
          monitor: monitor, report: lines.append),
        other,
      ], onFailure: .fail, report: lines.append)
    for item in try await items() {
      try group.write(item)
      // The first frame is with the output, the next ones are in the queue.
      while !hasBegun.load(ordering: .relaxed) { usleep(1000) }
    }
    #expect(lines.all == ["fake: is too slow; frames are left out"])
    mayEnd.store(true, ordering: .relaxed)
    try group.finish()
    #expect(slow.indices.count == 6 && slow.indices == slow.indices.sorted())
    #expect(other.indices == Array(0..<40))
    #expect(monitor.report.framesLeftOut == 34)
    #expect(lines.all.dropFirst() == ["fake: was too slow for 34 of 40 frames"])
  }

  @Test("sound has room of its own where pictures are left out")
  func sound() async throws {
    let mayEnd = Atomic(false)
    let output = FakeOutput { _ in
      while !mayEnd.load(ordering: .relaxed) { usleep(1000) }
    }
    let lines = Lines()
    let queued = QueuedOutput(
      output, name: "fake", capacity: 2, interruption: Interruption(),
      monitor: PipelineMonitor(), report: lines.append)
    for item in try await items() { try queued.write(item) }
    for _ in 0..<200 { try queued.write(.audio(.empty(at: 0))) }
    let told = "fake: is too slow; "
    #expect(lines.all == [told + "frames are left out", told + "sound is left out"])
    mayEnd.store(true, ordering: .relaxed)
    try queued.finish()
    // Room for 100 things in all, some of them pictures.
    #expect((97...100).contains(output.soundCount.load(ordering: .relaxed)))
  }

  @Test("a queued output's error comes to light, and what it wrote is completed")
  func queuedError() async throws {
    let output = FakeOutput { if $0 == 3 { throw FakeOutput.Broken() } }
    let queued = QueuedOutput(
      output, name: "fake", capacity: 40, interruption: Interruption(),
      monitor: PipelineMonitor(), report: { _ in })
    let items = try await items()
    #expect(throws: FakeOutput.Broken.self) {
      for item in items {
        try queued.write(item)
        usleep(5000)
      }
    }
    #expect(throws: FakeOutput.Broken.self) { try queued.finish() }
    #expect(output.indices == [0, 1, 2])
    #expect(output.finishCount.load(ordering: .relaxed) == 1)
  }

  @Test("an output that takes long to close after an error holds up nobody, and is told then")
  func slowClose() async throws {
    let isClosing = Atomic(false)
    let mayClose = Atomic(false)
    let broken = FakeOutput { _ in
      throw FakeOutput.Broken()
    } end: {
      isClosing.store(true, ordering: .relaxed)
      while !mayClose.load(ordering: .relaxed) { usleep(1000) }
    }
    let other = FakeOutput()
    let lines = Lines()
    let monitor = PipelineMonitor()
    let group = OutputGroup(
      [
        QueuedOutput(
          broken, name: "fake", capacity: 5, interruption: Interruption(),
          monitor: monitor, report: lines.append),
        other,
      ], onFailure: .drop, report: lines.append)
    let items = try await items()
    for (index, item) in items.enumerated() {
      while index == 1, !isClosing.load(ordering: .relaxed) { usleep(1000) }
      try group.write(item)
    }
    #expect(other.indices == Array(0..<40))
    #expect(lines.all == [] && monitor.report.framesLeftOut == 0)
    mayClose.store(true, ordering: .relaxed)
    try group.finish()
    #expect(lines.all == ["fake: broken"])
  }

  @Test("an output that is stuck for good is given up at the end")
  func stuck() async throws {
    let interruption = Interruption()
    let output = FakeOutput { _ in
      while interruption.request != .abort { usleep(10_000) }
      throw FakeOutput.Broken()
    }
    let queued = QueuedOutput(
      output, name: "fake", capacity: 5, interruption: interruption,
      monitor: PipelineMonitor(), report: { _ in })
    try queued.write(try await items()[0])
    let error = #expect(throws: MediaError.self) { try queued.finish() }
    #expect(error?.description == "fake: cannot write: there was no progress for 10 s")
  }

  @Test("a broken output ends the run or is dropped, as asked", arguments: [true, false])
  func policy(drops: Bool) async throws {
    let broken = FakeOutput { if $0 == 3 { throw FakeOutput.Broken() } }
    let other = FakeOutput()
    let lines = Lines()
    let group = OutputGroup(
      [broken, other], onFailure: drops ? .drop : .fail, report: lines.append)
    let items = try await items()
    let write = { for item in items { try group.write(item) } }
    if drops {
      try write()
      #expect(lines.all == ["fake: broken; the other outputs go on"])
      #expect(other.indices == Array(0..<40))
    } else {
      #expect(throws: FakeOutput.Broken.self) { try write() }
      #expect(lines.all == [])
    }
    try group.finish()
    for output in [broken, other] { #expect(output.finishCount.load(ordering: .relaxed) == 1) }
  }

  @Test("the last output is not dropped")
  func lastOutput() async throws {
    let group = OutputGroup(
      [
        FakeOutput { if $0 == 3 { throw FakeOutput.Broken() } },
        FakeOutput { if $0 == 9 { throw FakeOutput.Broken() } },
      ], onFailure: .drop, report: { _ in })
    let items = try await items()
    #expect(throws: FakeOutput.Broken.self) { for item in items { try group.write(item) } }
  }
}
