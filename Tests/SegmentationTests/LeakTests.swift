import Foundation
import Media
import Segmentation
import Synchronization
import Testing

/// Starting and stopping within a process that goes on, as one that uses the library does.
@Suite(.timeLimit(.minutes(3))) struct LeakTests {
  private let geometry = InputGeometry(displaySize: FakeSource.size, shortEdge: 32)

  private func pipeline(failingRun: Int? = nil) -> SegmentationPipeline {
    let settings = ClipSettings()
    return SegmentationPipeline(
      settings: settings, geometry: geometry,
      engine: FakeEngine(
        clipLength: settings.clipLength, canvas: geometry.canvasSize, failingRun: failingRun))
  }

  @Test("200 runs leave no descriptor and no thread, however they end")
  func runs() async throws {
    try await expectNoLeaks { number in
      switch number % 4 {
      case 0: try await runToEnd()
      case 1: try await runIntoError()
      case 2: try await runUntilCancelled()
      default: try await runUntilStopped()
      }
    }
  }

  @Test("200 videos read and written leave no descriptor and no thread")
  func files() async throws {
    let folder = FileManager.default.temporaryDirectory.path + "/csnstream-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (video, broken) = ("\(folder)/video.mkv", "\(folder)/broken.mkv")
    try write(FakeSource(frameCount: 20), to: video)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: video))
    try bytes.prefix(bytes.count / 2).write(to: URL(fileURLWithPath: broken))
    try await expectNoLeaks { number in
      let reader = try MediaReader(.url(number % 4 == 3 ? broken : video))
      let masks = MaskOutput(
        try writer("\(folder)/masks.mkv"), geometry: geometry, masks: .binary(threshold: 0.5))
      _ = try await pipeline().run(source: FileSource(reader), interruption: Interruption()) {
        try masks.write($0)
      }
      try masks.finish()
    }
  }

  private func runToEnd() async throws {
    _ = try await pipeline().run(
      source: FakeSource(frameCount: 20), interruption: Interruption()
    ) { _ in }
  }

  private func runIntoError() async throws {
    let interruption = Interruption()
    let source = FakeSource(frameCount: 20, end: .silence, interruption: interruption)
    await #expect(throws: (any Error).self) {
      _ = try await pipeline(failingRun: 2).run(source: source, interruption: interruption) { _ in }
    }
  }

  private func runUntilCancelled() async throws {
    let interruption = Interruption()
    let source = FakeSource(frameCount: 20, end: .silence, interruption: interruption)
    let pipeline = pipeline()
    let task = Task { try await pipeline.run(source: source, interruption: interruption) { _ in } }
    try await waitUntil { source.readCount.load(ordering: .relaxed) == 20 }
    task.cancel()
    await #expect(throws: CancellationError.self) { _ = try await task.value }
  }

  private func runUntilStopped() async throws {
    let interruption = Interruption()
    let source = FakeSource(frameCount: 20, end: .silence, interruption: interruption)
    _ = try await pipeline().run(source: source, interruption: interruption) { _ in
      interruption.stopReading()
    }
  }

  private func write(_ source: FakeSource, to path: String) throws {
    var writer = try writer(path)
    while case .video(let frame)? = try source.read() { try writer.write(frame) }
    try writer.finish()
  }

  private func writer(_ path: String) throws -> VideoWriter {
    try VideoWriter(
      try .mask(path), timeBase: Rational(1, 25), frameRate: Rational(25, 1),
      interruption: Interruption())
  }
}

/// Repeats something 200 times, after a few times for what is made once and kept.
private func expectNoLeaks(_ body: (Int) async throws -> Void) async throws {
  for number in 0..<8 { try await body(number) }
  let (threads, descriptors) = (try count("task"), try count("fd"))
  for number in 0..<200 { try await body(number) }
  // Threads need a moment to end, and Swift's own pool may have grown to one for each core.
  let limit = threads + ProcessInfo.processInfo.activeProcessorCount
  try await waitUntil { try count("task") <= limit }
  #expect(try count("fd") == descriptors)
}

/// How many threads ("task") or descriptors ("fd") this process has.
private func count(_ kind: String) throws -> Int {
  try FileManager.default.contentsOfDirectory(atPath: "/proc/self/\(kind)").count
}

private func waitUntil(_ condition: () throws -> Bool) async throws {
  for _ in 0..<2000 where try !condition() { try await Task.sleep(for: .milliseconds(5)) }
  #expect(try condition())
}
