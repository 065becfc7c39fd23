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
/// A video consists of one scene or several, each of which is cut into clips as if it were a video of
/// its own. A scene shorter than T_c makes a single clip, filled up in front with copies of its first
/// frame.
public struct ClipScheduler: Sendable {
  /// T_c, at least 1.
  public let clipLength: Int
  /// T_o, from 0 to T_c − 1: what the latest clip will share with the next one. It may be changed
  /// after a clip has become due and before the next frame is appended.
  public var overlap: Int {
    didSet { precondition((0..<clipLength).contains(overlap)) }
  }
  /// What happens at the end.
  public let tail: TailSchedule
  /// The number of frames that have arrived.
  public private(set) var frameCount = 0
  private var sceneStart = 0
  /// The index after the last frame of the latest clip, in `published` tails beyond the video's end;
  /// `sceneStart` if there is no clip yet.
  private var covered = 0

  /// Makes a scheduler; nil unless 1 ≤ `clipLength` and 0 ≤ `overlap` < `clipLength`.
  public init?(clipLength: Int, overlap: Int, tail: TailSchedule = .anchored) {
    guard clipLength >= 1, (0..<clipLength).contains(overlap) else { return nil }
    self.clipLength = clipLength
    self.overlap = overlap
    self.tail = tail
  }

  /// No clip to come covers a frame below this index, so that the averages of those are final.
  public var closedFrames: Int { min(nextStart, frameCount) }

  private var nextStart: Int { max(sceneStart, covered - overlap) }

  /// Takes note of one more frame; returns the clip that it completes, if any.
  public mutating func append() -> Clip? {
    frameCount += 1
    guard frameCount == nextStart + clipLength else { return nil }
    return clip(from: nextStart)
  }

  /// The next clip to run because no more frames come, or none that continue those before; nil once
  /// there is none left. Then a new scene begins.
  public mutating func finish() -> Clip? {
    guard (tail == .published ? nextStart : covered) < frameCount else {
      beginScene()
      return nil
    }
    switch tail {
    case .published: return clip(from: nextStart)
    case .anchored:
      let last = clip(from: max(sceneStart, frameCount - clipLength))
      beginScene()
      return last
    }
  }

  private mutating func beginScene() {
    sceneStart = frameCount
    covered = frameCount
  }

  /// The clip of the frames from `start`, with copies of the first in front where frames are missing.
  private mutating func clip(from start: Int) -> Clip {
    let frames = start..<min(start + clipLength, frameCount)
    let copies = Array(repeating: start, count: clipLength - frames.count)
    defer { covered = start + clipLength }
    return Clip(
      frames: copies + frames, firstVotingFrame: nextStart, isFirstOfScene: covered == sceneStart)
  }
}
