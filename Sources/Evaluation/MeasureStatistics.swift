/// A measure over the frames of a sequence, as the DAVIS benchmark sums it up (Perazzi et al.,
/// CVPR 2016, section 5).
public struct MeasureStatistics: Hashable, Sendable {
  /// The value of every frame that counts, in order.
  public let frames: [Double]

  /// - Parameter frames: at least one value.
  public init(frames: [Double]) {
    precondition(!frames.isEmpty, "a sequence without frames")
    self.frames = frames
  }

  /// The average.
  public var mean: Double { frames.mean }

  /// The share of frames whose value is above 0.5.
  public var recall: Double { Double(frames.count { $0 > 0.5 }) / Double(frames.count) }

  /// What is lost over time: the average over the first quarter less that over the last one.
  /// Neighbouring quarters share a frame, as in the benchmark's code.
  public var decay: Double {
    let step = Double(frames.count - 1) / 4
    let bounds = (0...4).map { Int((Double($0) * step + 1e-10).rounded()) }
    return frames[bounds[0]...bounds[1]].mean - frames[bounds[3]...bounds[4]].mean
  }
}

extension Collection where Element == Double {
  /// The average; not a number if there is nothing.
  package var mean: Double { reduce(0, +) / Double(count) }
}
