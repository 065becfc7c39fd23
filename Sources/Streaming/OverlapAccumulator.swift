/// Which prediction of a frame is emitted, and so how late.
public enum Emission: String, CaseIterable, Sendable {
  /// The one of the first clip that contains the frame.
  case first
  /// The average over every clip that contains it.
  case final

  /// The largest number of newer frames that have arrived when a frame is emitted: T_c − T_o − 1 for
  /// `first` (the first clip excepted, whose T_c frames come out together) and T_c − 1 for `final`.
  public func latencyBound(clipLength: Int, overlap: Int) -> Int {
    switch self {
    case .first: clipLength - overlap - 1
    case .final: clipLength - 1
    }
  }
}

/// The foreground probabilities of one frame, ready to be used.
public struct FrameProbabilities: Equatable, Sendable {
  /// The frame's index in the video.
  public let frame: Int
  /// [H, W], row by row, 0…1.
  public let values: [Float]
}

/// Averages the predictions of overlapping clips and lets each frame go as soon as its emission rule
/// allows, in order, each frame once (paper, section 3.3). Holds the sums of at most T_c frames.
public struct OverlapAccumulator: Sendable {
  /// What is emitted.
  public let emission: Emission
  /// The number of values of a frame, H × W.
  public let pixelsPerFrame: Int
  private let clipLength: Int
  private var nextFrame = 0
  private var coveredFrames = 0
  /// Sum of probabilities and number of votes of frame f, at f modulo T_c.
  private var sums: [[Float]]
  private var votes: [Int]

  /// Makes an accumulator for clips of `clipLength` frames.
  public init(clipLength: Int, pixelsPerFrame: Int, emission: Emission) {
    precondition(clipLength > 0 && pixelsPerFrame > 0)
    self.clipLength = clipLength
    self.pixelsPerFrame = pixelsPerFrame
    self.emission = emission
    sums = Array(repeating: Array(repeating: 0, count: pixelsPerFrame), count: clipLength)
    votes = Array(repeating: 0, count: clipLength)
  }

  /// Counts in the predictions of a clip.
  /// - Parameter probabilities: [T_c, H, W], the prediction for `clip.frames[t]` at t.
  /// - Returns: the frames that this completes, in order.
  public mutating func add(
    _ clip: Clip, probabilities: Span<Float>
  ) -> [FrameProbabilities] {
    precondition(clip.frames.count == clipLength)
    precondition(probabilities.count == clipLength * pixelsPerFrame)
    for (position, frame) in clip.frames.enumerated()
    where frame >= max(nextFrame, clip.firstVotingFrame) {
      votes[frame % clipLength] += 1
      let offset = position * pixelsPerFrame
      let prediction = probabilities.extracting(offset..<offset + pixelsPerFrame)
      var sum = sums[frame % clipLength].mutableSpan
      for i in prediction.indices { sum[i] += prediction[i] }
    }
    coveredFrames = max(coveredFrames, clip.end)
    return emit(before: emission == .first ? clip.end : clip.closedFrames)
  }

  /// The frames still held, once no more clips come.
  public mutating func finish() -> [FrameProbabilities] { emit(before: coveredFrames) }

  private mutating func emit(before end: Int) -> [FrameProbabilities] {
    guard nextFrame < end else { return [] }
    defer { nextFrame = end }
    return (nextFrame..<end).map { frame in
      let slot = frame % clipLength
      let scale = 1 / Float(votes[slot])
      let average = sums[slot].map { $0 * scale }
      sums[slot].withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
      votes[slot] = 0
      return FrameProbabilities(frame: frame, values: average)
    }
  }
}
