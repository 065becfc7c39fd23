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
  /// How much the clips that saw the frame disagree, 0…1: the mean over the pixels of the absolute
  /// difference between a clip's prediction and the average of those before it. Nil if only one clip
  /// saw it.
  ///
  /// With `Emission.first` a frame comes out before a second clip sees it; there it is that of the
  /// clip that the frame comes from, over the frames that the clip shares with earlier ones. Nil if
  /// it shares none.
  public let disagreement: Float?
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
  /// Frame f is at f modulo T_c.
  private var slots: [Slot]

  /// Makes an accumulator for clips of `clipLength` frames.
  public init(clipLength: Int, pixelsPerFrame: Int, emission: Emission) {
    precondition(clipLength > 0 && pixelsPerFrame > 0)
    self.clipLength = clipLength
    self.pixelsPerFrame = pixelsPerFrame
    self.emission = emission
    slots = Array(
      repeating: Slot(sum: Array(repeating: 0, count: pixelsPerFrame)), count: clipLength)
  }

  /// Counts in the predictions of a clip.
  /// - Parameters:
  ///   - closedFrames: no clip to come covers a frame below this index.
  ///   - probabilities: [T_c, H, W], the prediction for `clip.frames[t]` at t.
  /// - Returns: the frames that this completes, in order.
  public mutating func add(
    _ clip: Clip, closedFrames: Int, probabilities: Span<Float>
  ) -> [FrameProbabilities] {
    precondition(clip.frames.count == clipLength)
    precondition(probabilities.count == clipLength * pixelsPerFrame)
    var disagreement = Mean()
    for (position, frame) in clip.frames.enumerated() where frame >= clip.firstVotingFrame {
      let offset = position * pixelsPerFrame
      let prediction = probabilities.extracting(offset..<offset + pixelsPerFrame)
      // Copies of a frame in one clip do not disagree: they are one clip's.
      let isCopy = position > 0 && clip.frames[position - 1] == frame
      let difference = slots[frame % clipLength].add(prediction, of: frame, isCopy: isCopy)
      if let difference { disagreement.add(difference) }
    }
    coveredFrames = max(coveredFrames, clip.end)
    switch emission {
    case .first: return emit(before: clip.end, disagreement: disagreement.value)
    case .final: return emit(before: closedFrames, disagreement: nil)
    }
  }

  /// The frames still held, once no more clips come, or none that cover frames before those to come.
  public mutating func finish() -> [FrameProbabilities] {
    emit(before: coveredFrames, disagreement: nil)
  }

  private mutating func emit(before end: Int, disagreement: Float?) -> [FrameProbabilities] {
    guard nextFrame < end else { return [] }
    defer { nextFrame = end }
    return (nextFrame..<end).map { frame in
      let slot = slots[frame % clipLength]
      let scale = 1 / Float(slot.votes)
      return FrameProbabilities(
        frame: frame, values: slot.sum.map { $0 * scale },
        disagreement: disagreement ?? slot.disagreement.value)
    }
  }
}

/// What was predicted for one frame so far.
private struct Slot {
  var frame = -1
  /// [H, W], the sum over `votes` predictions.
  var sum: [Float]
  var votes = 0
  /// Between clips.
  var disagreement = Mean()

  /// Counts in one prediction, [H, W]; the first one for a frame takes the place of what was there.
  /// - Returns: by how much it differs from the average of earlier clips, if there are any.
  mutating func add(
    _ prediction: Span<Float>, of newFrame: Int, isCopy: Bool
  ) -> Float? {
    guard frame == newFrame else {
      (frame, votes, disagreement) = (newFrame, 1, Mean())
      var sum = self.sum.mutableSpan
      for i in prediction.indices { sum[i] = prediction[i] }
      return nil
    }
    let scale = 1 / Float(votes)
    votes += 1
    var sum = self.sum.mutableSpan
    if isCopy {
      for i in prediction.indices { sum[i] += prediction[i] }
      return nil
    }
    var total: Float = 0
    for i in prediction.indices {
      total += abs(prediction[i] - sum[i] * scale)
      sum[i] += prediction[i]
    }
    let difference = total / Float(prediction.count)
    disagreement.add(difference)
    return difference
  }
}

private struct Mean {
  private var sum: Float = 0
  private var count = 0

  /// Nil if nothing was added.
  var value: Float? { count > 0 ? sum / Float(count) : nil }

  mutating func add(_ value: Float) {
    sum += value
    count += 1
  }
}
