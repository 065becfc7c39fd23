import Streaming
import Testing

/// Random numbers that are the same every time.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  /// splitmix64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// A video of several scenes, and the overlap after each clip.
struct ElasticCase {
  var clipLength: Int
  var sceneLengths: [Int]
  /// T_o after clip number k; as many as are needed.
  var overlaps: [Int]

  init(seed: UInt64) {
    var generator = SeededGenerator(state: seed)
    let clipLength = Int.random(in: 1...9, using: &generator)
    self.clipLength = clipLength
    sceneLengths = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
      Int.random(in: 0...30, using: &generator)
    }
    overlaps = (0..<200).map { _ in Int.random(in: 0..<clipLength, using: &generator) }
  }
}

/// Clips whose overlap changes, and scenes, against the whole video at once.
@Suite struct ElasticTests {
  /// A clip as the paper would cut it, knowing everything.
  private struct ReferenceClip {
    var frames: [Int]
    var firstVotingFrame: Int
  }

  private static func referenceClips(_ c: ElasticCase) -> [ReferenceClip] {
    var clips: [ReferenceClip] = []
    var sceneStart = 0
    for length in c.sceneLengths {
      let end = sceneStart + length
      var start = sceneStart
      var covered = sceneStart
      while start + c.clipLength <= end {
        covered = start + c.clipLength
        clips.append(ReferenceClip(frames: Array(start..<covered), firstVotingFrame: start))
        start = covered - c.overlaps[clips.count - 1]
      }
      if covered < end {
        let copies = max(0, c.clipLength - length)
        let first = end - c.clipLength + copies
        clips.append(
          ReferenceClip(
            frames: Array(repeating: first, count: copies) + Array(first..<end),
            firstVotingFrame: start))
      }
      sceneStart = end
    }
    return clips
  }

  private static func referenceMasks(
    _ clips: [ReferenceClip], frameCount: Int, emission: Emission
  ) -> [Float] {
    (0..<frameCount).map { frame in
      var (sum, votes) = (Float(0), 0)
      for (number, clip) in clips.enumerated() where frame >= clip.firstVotingFrame {
        if emission == .first, votes > 0 { break }
        for position in clip.frames.indices where clip.frames[position] == frame {
          sum += BatchReference.prediction(clip: number, position: position, pixel: 0)
          votes += 1
        }
      }
      return sum * (1 / Float(votes))
    }
  }

  private struct Emitted {
    var output: FrameProbabilities
    var arrived: Int
    var isOfFirstClip: Bool
  }

  private static func stream(_ c: ElasticCase, emission: Emission) throws -> [Emitted] {
    var scheduler = try #require(ClipScheduler(clipLength: c.clipLength, overlap: 0))
    var accumulator = OverlapAccumulator(
      clipLength: c.clipLength, pixelsPerFrame: 1, emission: emission)
    var emitted: [Emitted] = []
    var clipCount = 0

    func run(_ clip: Clip) {
      scheduler.overlap = c.overlaps[clipCount]
      let predictions = (0..<c.clipLength).map {
        BatchReference.prediction(clip: clipCount, position: $0, pixel: 0)
      }
      clipCount += 1
      let ready = accumulator.add(
        clip, closedFrames: scheduler.closedFrames, probabilities: predictions.span)
      emitted += ready.map {
        Emitted(
          output: $0, arrived: scheduler.frameCount, isOfFirstClip: clip.isFirstOfScene)
      }
    }

    for length in c.sceneLengths {
      for _ in 0..<length { if let clip = scheduler.append() { run(clip) } }
      while let clip = scheduler.finish() { run(clip) }
      emitted += accumulator.finish().map {
        Emitted(output: $0, arrived: scheduler.frameCount, isOfFirstClip: false)
      }
      // Nothing of a scene is left for the next.
      #expect(emitted.count == scheduler.frameCount)
    }
    return emitted
  }

  @Test(
    "masks of any scenes and overlaps equal those of the whole video at once, in order",
    arguments: Emission.allCases)
  func equalsBatch(emission: Emission) throws {
    for seed in 0..<2000 {
      let c = ElasticCase(seed: UInt64(seed))
      let frameCount = c.sceneLengths.reduce(0, +)
      let emitted = try Self.stream(c, emission: emission)
      let reference = Self.referenceMasks(
        Self.referenceClips(c), frameCount: frameCount, emission: emission)
      try #require(emitted.map(\.output.frame) == Array(0..<frameCount), "seed \(seed)")
      try #require(emitted.map { $0.output.values[0] } == reference, "seed \(seed)")
    }
  }

  @Test("the bound of the least overlap is kept", arguments: Emission.allCases)
  func keepsBound(emission: Emission) throws {
    for seed in 0..<2000 {
      let c = ElasticCase(seed: UInt64(seed))
      let bound = emission.latencyBound(
        clipLength: c.clipLength, overlap: c.overlaps.min() ?? 0)
      for frame in try Self.stream(c, emission: emission)
      where emission == .final || !frame.isOfFirstClip {
        #expect(frame.arrived - 1 - frame.output.frame <= bound, "seed \(seed)")
      }
    }
  }

  @Test("clips that agree have no disagreement, others the mean difference, single ones nil")
  func disagreement() throws {
    // T_c 3, T_o 1, two pixels: frame 2 is in both clips, frames 0, 1, 3 and 4 are in one.
    func disagreements(_ second: Float, _ emission: Emission) throws -> [Float?] {
      var scheduler = try #require(ClipScheduler(clipLength: 3, overlap: 1))
      var accumulator = OverlapAccumulator(clipLength: 3, pixelsPerFrame: 2, emission: emission)
      var result: [Float?] = []
      var value: Float = 0.25
      for _ in 0..<5 {
        guard let clip = scheduler.append() else { continue }
        let predictions = [Float](repeating: 0.5, count: 6).enumerated().map {
          $0.offset % 2 == 0 ? value : $0.element
        }
        value = second
        result += accumulator.add(
          clip, closedFrames: scheduler.closedFrames, probabilities: predictions.span
        ).map(\.disagreement)
      }
      return result + accumulator.finish().map(\.disagreement)
    }
    #expect(try disagreements(0.25, .final) == [nil, nil, 0, nil, nil])
    #expect(try disagreements(0.75, .final) == [nil, nil, 0.25, nil, nil])
    // What comes out at once has that of its clip, over the frames shared with the one before.
    #expect(try disagreements(0.75, .first) == [nil, nil, nil, 0.25, 0.25])
  }
}
