/// How the end of a video is covered when it does not coincide with the end of a clip.
public enum TailSchedule: String, CaseIterable, Sendable {
  /// One last clip of T_c real frames at N − T_c, which votes only on frames that no earlier clip has
  /// closed.
  case anchored
  /// Clips go on starting at every multiple of T_c − T_o below N; the missing frames of a clip are
  /// copies of its first, in front, each of which votes. What the published masks were made with.
  case published
}

/// Decides when the network runs and on which frames: clips of T_c frames, of which neighbours share
/// T_o, so that one becomes due every T_c − T_o frames (paper, section 3.3).
///
/// A video shorter than T_c makes a single clip, filled up in front with copies of its first frame.
public struct ClipScheduler: Sendable {
  /// T_c, at least 1.
  public let clipLength: Int
  /// T_o, from 0 to T_c − 1.
  public let overlap: Int
  /// What happens at the end.
  public let tail: TailSchedule
  /// The number of frames that have arrived.
  public private(set) var frameCount = 0
  private var nextStart = 0

  /// Makes a scheduler; nil unless 1 ≤ `clipLength` and 0 ≤ `overlap` < `clipLength`.
  public init?(clipLength: Int, overlap: Int, tail: TailSchedule = .anchored) {
    guard clipLength >= 1, (0..<clipLength).contains(overlap) else { return nil }
    self.clipLength = clipLength
    self.overlap = overlap
    self.tail = tail
  }

  /// The number of new frames in a clip, T_c − T_o.
  public var stride: Int { clipLength - overlap }

  /// Takes note of one more frame; returns the clip that it completes, if any.
  public mutating func append() -> Clip? {
    frameCount += 1
    guard frameCount == nextStart + clipLength else { return nil }
    let start = nextStart
    nextStart += stride
    return Clip(
      frames: Array(start..<frameCount), firstVotingFrame: start, closedFrames: nextStart)
  }

  /// The clips still to run once no more frames come.
  public mutating func finish() -> [Clip] {
    var clips: [Clip] = []
    switch tail {
    case .anchored:
      let covered = nextStart == 0 ? 0 : nextStart + overlap
      if covered < frameCount {
        clips.append(
          Clip(
            frames: padded(from: max(0, frameCount - clipLength)),
            firstVotingFrame: nextStart, closedFrames: frameCount))
      }
    case .published:
      while nextStart < frameCount {
        let start = nextStart
        nextStart += stride
        clips.append(
          Clip(
            frames: padded(from: start), firstVotingFrame: start,
            closedFrames: min(nextStart, frameCount)))
      }
    }
    nextStart = frameCount
    return clips
  }

  /// The frames from `start` to the last, with copies of the first of them in front to make T_c.
  private func padded(from start: Int) -> [Int] {
    let copies = max(0, clipLength - (frameCount - start))
    return Array(repeating: start, count: copies) + Array(start..<frameCount)
  }
}
