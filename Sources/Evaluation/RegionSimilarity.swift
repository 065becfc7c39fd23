extension BinaryMask {
  /// J, the region similarity: the intersection of two masks over their union, 0…1 (Perazzi et al.,
  /// CVPR 2016, section 5). 1 if both are empty.
  /// - Parameter truth: of the same size.
  public func regionSimilarity(to truth: BinaryMask) -> Double {
    let intersection = sharedArea(with: truth)
    let union = area + truth.area - intersection
    return union == 0 ? 1 : Double(intersection) / Double(union)
  }
}
