/// A setting or a combination of parts that cannot work, told in one line.
public struct SegmentationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The one line.
  public let description: String

  init(_ description: String) { self.description = description }
}
