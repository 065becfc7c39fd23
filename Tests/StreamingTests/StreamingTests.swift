import Streaming
import Testing

/// A video's length and how it is cut into clips.
struct Case: CustomTestStringConvertible {
  var frameCount: Int
  var clipLength: Int
  var overlap: Int
  var testDescription: String { "N \(frameCount), T_c \(clipLength), T_o \(overlap)" }

  /// Every overlap of every clip length to 9, with every video length to 26: 1215 cases, one of which
  /// has no frame at all for each pair.
  static let all = (1...9).flatMap { clipLength in
    (0..<clipLength).flatMap { overlap in
      (0...26).map { Case(frameCount: $0, clipLength: clipLength, overlap: overlap) }
    }
  }
}

/// Streams a video of `frameCount` frames; returns each emitted frame with the number of frames that
/// had arrived by then.
private func stream(
  _ c: Case, tail: TailSchedule, emission: Emission, pixels: Int
) throws -> [(output: FrameProbabilities, arrived: Int, clipsRun: Int)] {
  var scheduler = try #require(
    ClipScheduler(clipLength: c.clipLength, overlap: c.overlap, tail: tail))
  var ring = FrameRing(capacity: c.clipLength, bytesPerFrame: 2)
  var accumulator = OverlapAccumulator(
    clipLength: c.clipLength, pixelsPerFrame: pixels, emission: emission)
  var emitted: [(output: FrameProbabilities, arrived: Int, clipsRun: Int)] = []
  var clipsRun = 0

  func run(_ clip: Clip) {
    var bytes = [UInt8](repeating: 0, count: c.clipLength * 2)
    var span = bytes.mutableSpan
    ring.copy(clip.frames, to: &span)
    #expect(bytes == clip.frames.flatMap { [UInt8($0), 255 - UInt8($0)] })
    let probabilities = (0..<c.clipLength).flatMap { position in
      (0..<pixels).map {
        BatchReference.prediction(clip: clipsRun, position: position, pixel: $0)
      }
    }
    clipsRun += 1
    for output in accumulator.add(
      clip, closedFrames: scheduler.closedFrames, probabilities: probabilities.span)
    {
      emitted.append((output, scheduler.frameCount, clipsRun))
    }
  }

  for frame in 0..<c.frameCount {
    ring.append([UInt8(frame), 255 - UInt8(frame)])
    if let clip = scheduler.append() { run(clip) }
  }
  while let clip = scheduler.finish() { run(clip) }
  for output in accumulator.finish() { emitted.append((output, scheduler.frameCount, clipsRun)) }
  return emitted
}

@Suite struct StreamingTests {
  @Test("streamed masks equal the batch masks, every frame once and in order", arguments: Case.all)
  func equalsBatch(_ c: Case) throws {
    for tail in TailSchedule.allCases {
      let reference = BatchReference(
        frameCount: c.frameCount, clipLength: c.clipLength, overlap: c.overlap, tail: tail)
      for emission in Emission.allCases {
        let emitted = try stream(c, tail: tail, emission: emission, pixels: 3)
        #expect(emitted.map(\.output.frame) == Array(0..<c.frameCount))
        #expect(
          emitted.map(\.output.values) == reference.masks(emission: emission, pixels: 3),
          "\(tail) \(emission)")
        if emission == .final {
          #expect((emitted.last?.clipsRun ?? 0) == reference.clips.count)
        }
      }
    }
  }

  @Test("no frame is emitted later than the stated bound", arguments: Case.all)
  func keepsBound(_ c: Case) throws {
    for tail in TailSchedule.allCases {
      for emission in Emission.allCases {
        let bound = emission.latencyBound(clipLength: c.clipLength, overlap: c.overlap)
        for (output, arrived, clipsRun) in try stream(c, tail: tail, emission: emission, pixels: 1)
        where emission == .final || clipsRun > 1 {
          #expect(arrived - 1 - output.frame <= bound, "\(tail) \(emission)")
        }
      }
    }
  }

  @Test("the bounds are reached with the published setting")
  func boundIsTight() throws {
    let c = Case(frameCount: 50, clipLength: 8, overlap: 3)
    let final = try stream(c, tail: .anchored, emission: .final, pixels: 1)
    #expect(final.map { $0.arrived - 1 - $0.output.frame }.max() == 7)
    let first = try stream(c, tail: .anchored, emission: .first, pixels: 1).dropFirst(8)
    #expect(first.map { $0.arrived - 1 - $0.output.frame }.max() == 4)
  }

  @Test("steady state of the published setting is the table of the paper's digest")
  func steadyState() throws {
    let c = Case(frameCount: 33, clipLength: 8, overlap: 3)
    let latencies = { (emission: Emission) in
      try stream(c, tail: .anchored, emission: emission, pixels: 1)[10..<20]
        .map { $0.arrived - 1 - $0.output.frame }
    }
    #expect(try latencies(.final) == [7, 6, 5, 4, 3, 7, 6, 5, 4, 3])
    #expect(try latencies(.first) == [2, 1, 0, 4, 3, 2, 1, 0, 4, 3])
  }

  @Test("settings that make no clips are refused", arguments: [(0, 0), (-1, 0), (4, 4), (4, -1)])
  func refusesBadSettings(clipLength: Int, overlap: Int) {
    #expect(ClipScheduler(clipLength: clipLength, overlap: overlap) == nil)
  }
}
