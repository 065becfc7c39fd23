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

extension SegmentedFrame {
  /// What the mask says in the middle of the picture.
  fileprivate var centre: Float {
    probabilities[geometry.canvasPixels / 2 + geometry.canvasSize.width / 2]
  }
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
      let misplaced = frames.filter { abs($0.centre - Float($0.index) / 255) > 0.005 }
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

  @Test(
    "a source that waits for nobody loses frames by the policy; the others have their own masks",
    arguments: [DropPolicy.latest, .oldest], Emission.allCases)
  func drops(policy: DropPolicy, emission: Emission) async throws {
    var settings = ClipSettings()
    settings.emission = emission
    let engine = FakeEngine(
      clipLength: 8, canvas: geometry.canvasSize, delay: .milliseconds(40))
    // A run is worth 5 frames and takes the time of 20.
    let source = FakeSource(frameCount: 250, interval: .milliseconds(2))
    let monitor = PipelineMonitor()
    var frames: [SegmentedFrame] = []
    let report = try await SegmentationPipeline(
      settings: settings, geometry: geometry, engine: engine, drop: policy
    ).run(source: source, interruption: Interruption(), monitor: monitor) { item in
      if case .frame(let frame) = item { frames.append(frame) }
    }
    #expect(report.dropped > 50)
    #expect(report.framesIn == 250 && report.framesOut == frames.count)
    #expect(report.framesOut == 250 - report.dropped)
    #expect((1...5).contains(report.framesWaitingMax))
    #expect(report.latencyInFramesMax <= settings.latencyBoundInFrames)
    #expect(zip(frames, frames.dropFirst()).allSatisfy { $0.index < $1.index })
    #expect(frames.allSatisfy { $0.picture.timestamp?.value == Int64($0.index) })
    #expect(frames.allSatisfy { abs($0.centre - Float($0.index) / 255) < 0.005 })
    #expect(monitor.report.framesOut == report.framesOut)
  }

  @Test("under load clips overlap less before frames are lost, and again more when it is over")
  func elasticOverlap() async throws {
    var settings = ClipSettings()
    settings.minimumOverlap = 0
    let engine = FakeEngine(clipLength: 8, canvas: geometry.canvasSize)
    let source = FakeSource(frameCount: 220, interval: .milliseconds(20))
    let monitor = PipelineMonitor()
    var overlaps: [Int] = []
    let report = try await SegmentationPipeline(
      settings: settings, geometry: geometry, engine: engine, drop: .latest
    ).run(source: source, interruption: Interruption(), monitor: monitor) { item in
      guard case .frame(let frame) = item else { return }
      // For fifty frames a clip takes the time of 6: too long for an overlap of 3.
      if frame.index == 40 { engine.delay.withLock { $0 = .milliseconds(120) } }
      if frame.index == 90 { engine.delay.withLock { $0 = .zero } }
      overlaps.append(monitor.report.overlap)
    }
    #expect(overlaps.prefix(35).allSatisfy { $0 == 3 })
    #expect(overlaps[50..<90].min()! <= 1)
    #expect(overlaps.last == 3)
    #expect(report.dropped == 0)
    #expect(report.framesOut == 220)
    #expect(report.latencyInFramesMax <= settings.latencyBoundInFrames)
  }

  @Test(
    "nothing of a scene shows in the masks of another", arguments: Emission.allCases,
    [[3, 40], [8, 13, 14], [21, 60, 61]])
  func scenes(emission: Emission, breaks: [Int]) async throws {
    var settings = ClipSettings()
    settings.emission = emission
    let engine = FakeEngine(clipLength: 8, canvas: geometry.canvasSize, mixes: true)
    // Each scene is brighter than all before it by far.
    let source = FakeSource(frameCount: 75, breaks: Set(breaks)) { index, _, _ in
      UInt8(60 * breaks.count { $0 <= index } + index % 3)
    }
    var frames: [SegmentedFrame] = []
    let report = try await SegmentationPipeline(
      settings: settings, geometry: geometry, engine: engine
    ).run(source: source, interruption: Interruption()) { item in
      if case .frame(let frame) = item { frames.append(frame) }
    }
    #expect(frames.map(\.index) == Array(0..<75))
    #expect(sceneStarts(frames) == breaks)
    #expect(report.discontinuities == breaks.count)
    #expect(report.latencyInFramesMax <= settings.latencyBoundInFrames)
    for frame in frames {
      let scene = Float(60 * breaks.count { $0 <= frame.index })
      #expect((scene / 255 - 0.001...(scene + 2) / 255 + 0.001).contains(frame.centre))
    }
  }

  @Test("cuts are found in the pictures, unless that is switched off", arguments: [true, false])
  func cuts(detectsCuts: Bool) async throws {
    var settings = ClipSettings()
    settings.detectsCuts = detectsCuts
    let engine = FakeEngine(clipLength: 8, canvas: geometry.canvasSize, mixes: true)
    // Two textures that drift, of which only the second is bright in the middle. The first is black
    // and white, the second has all grays.
    let source = FakeSource(frameCount: 40) { index, x, y in
      let isFirst = index < 21
      if (28..<36).contains(x), (12..<20).contains(y) { return isFirst ? 0 : 250 }
      let gray = texture(x + index / 2, y)
      return isFirst ? (gray < 200 ? 20 : 240) : 255 - gray
    }
    var frames: [SegmentedFrame] = []
    _ = try await SegmentationPipeline(
      settings: settings, geometry: geometry, engine: engine
    ).run(source: source, interruption: Interruption()) { item in
      if case .frame(let frame) = item { frames.append(frame) }
    }
    #expect(sceneStarts(frames) == (detectsCuts ? [21] : []))
    let isClean = frames.allSatisfy { abs($0.centre - ($0.index < 21 ? 0 : 250 / 255)) < 0.01 }
    #expect(isClean == detectsCuts)
  }
}

/// Patches of random gray.
private func texture(_ x: Int, _ y: Int) -> UInt8 {
  var hash = 0x9E37_79B9 &+ UInt32(x / 3) &* 0x85EB_CA6B &+ UInt32(y / 3) &* 0xC2B2_AE35
  hash ^= hash >> 15
  hash = hash &* 0x2C1B_3C6D
  hash ^= hash >> 12
  return UInt8(truncatingIfNeeded: hash >> 8)
}

/// The indices of the frames with which the second and later scenes begin.
private func sceneStarts(_ frames: [SegmentedFrame]) -> [Int] {
  zip(frames, frames.dropFirst()).filter { $0.scene != $1.scene }.map(\.1.index)
}
