import Streaming

/// The whole video at once, written from section 3.3 of the paper without any of the streaming code:
/// what the streamed masks must equal, and when each may come at the latest.
struct BatchReference {
  struct Clip {
    var frames: [Int]
    /// Frames below do not get a vote from this clip.
    var firstVotingFrame = 0
  }

  let clips: [Clip]
  let frameCount: Int

  init(frameCount n: Int, clipLength: Int, overlap: Int, tail: TailSchedule) {
    frameCount = n
    let stride = clipLength - overlap
    var clips: [Clip] = []
    switch tail {
    case .published:
      for start in Swift.stride(from: 0, to: n, by: stride) {
        var frames = (start..<min(start + clipLength, n)).map { $0 }
        while frames.count < clipLength { frames.append(start) }
        clips.append(Clip(frames: frames.sorted()))
      }
    case .anchored:
      var start = 0
      while start + clipLength <= n {
        clips.append(Clip(frames: (start..<start + clipLength).map { $0 }))
        start += stride
      }
      if let last = clips.last {
        if last.frames.last! != n - 1 {
          clips.append(Clip(frames: (n - clipLength..<n).map { $0 }, firstVotingFrame: start))
        }
      } else if n > 0 {
        clips.append(
          Clip(frames: (Array(repeating: 0, count: clipLength - n) + Array(0..<n))))
      }
    }
    self.clips = clips
  }

  /// The made-up prediction of clip number `clip` for `pixel` at `position`.
  static func prediction(clip: Int, position: Int, pixel: Int) -> Float {
    Float((clip * 7919 + position * 104_729 + pixel * 1299709 + 13) % 1009) / 1008
  }

  func masks(emission: Emission, pixels: Int) -> [[Float]] {
    (0..<frameCount).map { frame in
      var sum = Array(repeating: Float(0), count: pixels)
      var votes = 0
      for (index, clip) in clips.enumerated() where frame >= clip.firstVotingFrame {
        let positions = clip.frames.indices.filter { clip.frames[$0] == frame }
        if emission == .first, votes > 0 { break }
        for position in positions {
          votes += 1
          for pixel in 0..<pixels {
            sum[pixel] += Self.prediction(clip: index, position: position, pixel: pixel)
          }
        }
      }
      return sum.map { $0 * (1 / Float(votes)) }
    }
  }
}
