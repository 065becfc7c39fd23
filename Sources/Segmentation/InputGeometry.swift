public import Media
import Network

/// How a picture is laid out for the network: scaled so that its short edge has the wanted length, and
/// placed in the middle of a black canvas whose edges are multiples of 32 (paper, section 3.3).
public struct InputGeometry: Hashable, Sendable {
  /// The picture's size on screen, in square pixels.
  public let displaySize: PixelSize
  /// The size of the picture inside the canvas.
  public let scaledSize: PixelSize
  /// The size of the canvas, which is what the network sees.
  public let canvasSize: PixelSize

  /// The edges of the canvas are multiples of this: the encoder's total stride in space.
  public static let granularity = ClipShape.sizeMultiple

  /// Lays out a picture of `displaySize` with a short edge of `shortEdge` pixels.
  public init(displaySize: PixelSize, shortEdge: Int) {
    self.displaySize = displaySize
    let scale = Double(shortEdge) / Double(min(displaySize.width, displaySize.height))
    scaledSize = PixelSize(
      width: max(1, Int((Double(displaySize.width) * scale).rounded())),
      height: max(1, Int((Double(displaySize.height) * scale).rounded())))
    let padded = { (edge: Int) in
      (edge + Self.granularity - 1) / Self.granularity * Self.granularity
    }
    canvasSize = PixelSize(width: padded(scaledSize.width), height: padded(scaledSize.height))
  }

  /// The column of the canvas where the picture begins.
  public var left: Int { (canvasSize.width - scaledSize.width) / 2 }
  /// The row of the canvas where the picture begins.
  public var top: Int { (canvasSize.height - scaledSize.height) / 2 }
  /// The number of pixels of the canvas.
  public var canvasPixels: Int { canvasSize.width * canvasSize.height }
}
