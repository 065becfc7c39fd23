/// Everything that is measured of one frame.
public struct FrameMeasures: Sendable {
  /// J, 0…1.
  public let regionSimilarity: Double
  /// F, 0…1.
  public let contourAccuracy: Double
  /// The measures of salient object detection; nil if the ground truth is empty.
  public let saliency: SaliencyMeasures?
  /// How often every level occurs on foreground and background.
  public let counts: LevelCounts

  /// Measures a frame.
  /// - Parameters:
  ///   - mask: the predicted mask, of the size of `truth`.
  ///   - levels: [height, width], the predicted probabilities times 255.
  public init(mask: BinaryMask, levels: [UInt8], truth: BinaryMask) {
    regionSimilarity = mask.regionSimilarity(to: truth)
    contourAccuracy = mask.contourAccuracy(to: truth)
    let quadrants = LevelCounts.quadrants(
      levels: levels, truth: truth, cut: truth.centroidCut ?? (truth.width, truth.height))
    counts = quadrants.reduce(into: LevelCounts(), +=)
    saliency = truth.area == 0 ? nil : SaliencyMeasures(quadrants: quadrants)
  }
}
