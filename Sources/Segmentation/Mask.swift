public import Media

/// A mask at the size of a picture.
public struct Mask: Equatable, Sendable {
  /// Its size in pixels.
  public let size: PixelSize
  /// [H, W], row by row: foreground probability times 255, or 0 and 255 once thresholded.
  public var pixels: [UInt8]

  /// Makes a mask; `pixels` has `size.width * size.height` values.
  public init(size: PixelSize, pixels: [UInt8]) {
    precondition(pixels.count == size.width * size.height)
    self.size = size
    self.pixels = pixels
  }

  /// The number of pixels that are foreground, that is above one half.
  public var area: Int { pixels.reduce(0) { $0 + ($1 >= 128 ? 1 : 0) } }

  /// The mask as an 8-bit gray picture.
  public func frame(timestamp: Timestamp?) throws(MediaError) -> VideoFrame {
    try VideoFrame.gray(size: size, timestamp: timestamp) { plane in
      pixels.withUnsafeBytes { pixels in
        for row in 0..<size.height {
          let source = UnsafeRawBufferPointer(
            rebasing: pixels[row * size.width..<(row + 1) * size.width])
          (plane.base + row * plane.bytesPerRow).copyMemory(
            from: source.baseAddress!, byteCount: source.count)
        }
      }
    }
  }
}
