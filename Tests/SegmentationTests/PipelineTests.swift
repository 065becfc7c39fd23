import Foundation
import Inference
import Media
import Segmentation
import Streaming
import Synchronization
import Testing

private let geometry = InputGeometry(displaySize: FakeSource.size, shortEdge: 32)

private func pipeline(
  _ settings: ClipSettings = ClipSettings(), delay: Duration = .zero, failingRun: Int? = nil
) -> SegmentationPipeline {
  SegmentationPipeline(
    settings: settings, geometry: geometry,
    engine: FakeEngine(
      clipLength: settings.clipLength, canvas: geometry.canvasSize, delay: delay,
      failingRun: failingRun))
}

@Suite(.timeLimit(.minutes(2))) struct PipelineTests {
  @Test(
    "every frame comes out once, in order, with its own mask, whichever stage is slow",
    arguments: [0, 3], [0, 2])
  func ordered(engineMilliseconds: Int, outputMilliseconds: Int) async throws {
    for emission in Emission.allCases {
      var settings = ClipSettings()
      settings.emission = emission
      var frames: [SegmentedFrame] = []
      let report = try await pipeline(settings, delay: .milliseconds(engineMilliseconds)).run(
        source: FakeSource(frameCount: 101), interruption: Interruption()
      ) { item in
        Thread.sleep(forTimeInterval: Double(outputMilliseconds) / 1000)
        if case .frame(let frame) = item { frames.append(frame) }
      }
      #expect(frames.map(\.index) == Array(0...100))
      #expect(frames.map { $0.picture.timestamp?.value } == (0...100).map { Int64($0) })
      let misplaced = frames.filter { frame in
        let centre = frame.probabilities[geometry.canvasPixels / 2 + geometry.canvasSize.width / 2]
        return abs(centre - Float(frame.index) / 255) > 0.005
      }
      #expect(misplaced.map(\.index) == [])
      #expect(report.framesIn == 101 && report.framesOut == 101)
      #expect(report.clips == 20)
      #expect(report.latencyInFramesMax == settings.latencyBoundInFrames)
      #expect(report.inputError == nil)
    }
  }

  @Test("a slow output holds the source back")
  func backPressure() async throws {
    let source = FakeSource(frameCount: 150)
    var delivered = 0
    var largestLead = 0
    _ = try await pipeline().run(source: source, interruption: Interruption()) { _ in
      Thread.sleep(forTimeInterval: 0.002)
      largestLead = max(largestLead, source.readCount.load(ordering: .relaxed) - delivered)
      delivered += 1
    }
    // A clip in the network, two full channels, and the one or two items each stage holds.
    #expect(delivered == 150)
    #expect((8...26).contains(largestLead))
  }

  @Test("short videos come out whole", arguments: [0, 1, 2, 7, 8, 9])
  func short(frameCount: Int) async throws {
    for tail in TailSchedule.allCases {
      var settings = ClipSettings()
      settings.tail = tail
      var indices: [Int] = []
      let report = try await pipeline(settings).run(
        source: FakeSource(frameCount: frameCount), interruption: Interruption()
      ) { item in
        if case .frame(let frame) = item { indices.append(frame.index) }
      }
      #expect(indices == Array(0..<frameCount))
      #expect(report.framesOut == frameCount)
    }
  }

  @Test("what came before an error of the source is delivered, and the error is reported")
  func sourceError() async throws {
    let error = MediaError(.damaged, "x.mp4", "broken off")
    var delivered = 0
    let report = try await pipeline().run(
      source: FakeSource(frameCount: 33, end: .error(error)), interruption: Interruption()
    ) { _ in delivered += 1 }
    #expect(delivered == 33)
    #expect(report.inputError?.description == "x.mp4: broken off")
  }

  @Test("an error of the network ends the run")
  func engineError() async throws {
    let interruption = Interruption()
    let source = FakeSource(frameCount: 10, end: .silence, interruption: interruption)
    await #expect(throws: InferenceError.self) {
      _ = try await pipeline(failingRun: 1).run(source: source, interruption: interruption) { _ in }
    }
  }

  @Test("an error of the output ends the run")
  func outputError() async throws {
    struct Full: Error {}
    let interruption = Interruption()
    let source = FakeSource(frameCount: 100, end: .silence, interruption: interruption)
    await #expect(throws: Full.self) {
      _ = try await pipeline().run(source: source, interruption: interruption) { item in
        if case .frame(let frame) = item, frame.index == 3 { throw Full() }
      }
    }
    #expect(source.readCount.load(ordering: .relaxed) < 40)
  }

  @Test("cancelling the task reaches a blocked read")
  func cancellation() async throws {
    let interruption = Interruption()
    let source = FakeSource(frameCount: 20, end: .silence, interruption: interruption)
    let task = Task {
      try await pipeline().run(source: source, interruption: interruption) { _ in }
    }
    while source.readCount.load(ordering: .relaxed) < 20 {
      try await Task.sleep(for: .milliseconds(5))
    }
    task.cancel()
    await #expect(throws: CancellationError.self) { _ = try await task.value }
  }

  @Test("a request to stop reading drains what was read")
  func drain() async throws {
    let interruption = Interruption()
    let source = FakeSource(frameCount: 20, end: .silence, interruption: interruption)
    let delivered = Mutex(0)
    let task = Task {
      try await pipeline().run(source: source, interruption: interruption) { _ in
        delivered.withLock { $0 += 1 }
      }
    }
    while source.readCount.load(ordering: .relaxed) < 20 {
      try await Task.sleep(for: .milliseconds(5))
    }
    interruption.stopReading()
    let report = try await task.value
    #expect(report.framesOut == 20)
    #expect(delivered.withLock { $0 } == 20)
  }

  @Test("an engine for other clips is refused")
  func wrongEngine() async throws {
    let pipeline = SegmentationPipeline(
      settings: ClipSettings(), geometry: geometry,
      engine: FakeEngine(clipLength: 4, canvas: geometry.canvasSize))
    await #expect(throws: SegmentationError.self) {
      _ = try await pipeline.run(
        source: FakeSource(frameCount: 8), interruption: Interruption()
      ) { _ in }
    }
  }
}
