/// The frames that one run of the network sees, and what its predictions count for.
public struct Clip: Equatable, Sendable {
  /// The frame at each of the T_c positions: indices into the video, ascending. A frame repeats where
  /// the video has too few.
  public let frames: [Int]

  /// Predictions for frames below this index are left out of the average: those frames are left to
  /// earlier clips.
  public let firstVotingFrame: Int

  /// Whether no earlier clip shares the scene. Its T_c frames come out together, so that
  /// `Emission.first` is as late as `Emission.final` for them.
  public let isFirstOfScene: Bool

  /// The index after the last frame covered.
  var end: Int { frames[frames.count - 1] + 1 }
}
