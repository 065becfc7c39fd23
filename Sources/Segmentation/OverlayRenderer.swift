public import Media

/// Draws a mask on a picture, on the picture's own YUV planes, so that pixels outside the mask stay
/// exactly as they were.
public struct OverlayRenderer: Sendable {
  /// How the mask is shown.
  public enum Style: String, CaseIterable, Sendable {
    /// The foreground mixed with the colour.
    case tint
    /// A line along the inner edge of the foreground.
    case outline
  }

  /// How the mask is shown.
  public let style: Style
  /// In which colour.
  public let color: Color
  /// The share of the colour, 0…1.
  public let opacity: Double

  /// Makes a renderer.
  public init(style: Style, color: Color, opacity: Double) {
    precondition((0...1).contains(opacity))
    self.style = style
    self.color = color
    self.opacity = opacity
  }

  /// A copy of `frame` with `mask` drawn on it.
  /// - Parameter mask: 0 and 255, of the frame's size.
  /// - Throws: `MediaError` if the frame's pixel format cannot be drawn on.
  public func draw(_ mask: Mask, on frame: VideoFrame) throws(MediaError) -> VideoFrame {
    guard let layout = frame.layout else {
      throw MediaError(.unsupported, "frame", "cannot draw on its pixel format")
    }
    precondition(mask.size == frame.size)
    let drawn = style == .tint ? mask : outline(of: mask)
    let samples = color.samples(for: layout)
    return try frame.copy { planes in
      for (index, plane) in planes.enumerated() {
        let shift = index == 0 ? (x: 0, y: 0) : layout.chromaShift
        if plane.bytesPerSample == 1 {
          blend(UInt8(samples[index]), into: plane, where: drawn, shift: shift)
        } else {
          blend(UInt16(samples[index]), into: plane, where: drawn, shift: shift)
        }
      }
    }
  }

  /// Mixes `sample` into the samples of `plane` under the mask. A chroma sample counts as covered if
  /// the first luma sample of its block is.
  private func blend<Sample: FixedWidthInteger>(
    _ sample: Sample, into plane: MutablePlane, where mask: Mask, shift: (x: Int, y: Int)
  ) {
    // 16-bit samples times 8 bits of opacity fit 32 bits.
    let weight = Int32((opacity * 256).rounded())
    let sample = Int32(sample)
    mask.pixels.withUnsafeBufferPointer { pixels in
      for y in 0..<plane.height {
        let line = (plane.base + y * plane.bytesPerRow).assumingMemoryBound(to: Sample.self)
        let start = (y << shift.y) * mask.size.width
        // Without a branch, so that many samples are mixed at once.
        for x in 0..<plane.width {
          let weight = pixels[start + x << shift.x] == 0 ? 0 : weight
          let old = Int32(line[x])
          line[x] = Sample(truncatingIfNeeded: old &+ ((sample &- old) &* weight &+ 128) >> 8)
        }
      }
    }
  }

  /// The pixels of the mask that are near a pixel outside it: within a 240th of the short edge, at
  /// least 1 pixel. The border of the picture does not count as outside.
  func outline(of mask: Mask) -> Mask {
    let (width, height) = (mask.size.width, mask.size.height)
    let radius = max(1, min(width, height) / 240)
    // Erosion by a square, one direction after the other.
    var across = mask.pixels
    for y in 0..<height {
      erode(mask.pixels, into: &across, from: y * width, step: 1, count: width, radius: radius)
    }
    var eroded = across
    for x in 0..<width {
      erode(across, into: &eroded, from: x, step: width, count: height, radius: radius)
    }
    return Mask(size: mask.size, pixels: zip(mask.pixels, eroded).map { $0 & ~$1 })
  }

  /// Sets each of `count` pixels to the minimum of those within `radius` along the line.
  private func erode(
    _ source: [UInt8], into target: inout [UInt8], from start: Int, step: Int, count: Int,
    radius: Int
  ) {
    var lastOutside = -radius - 1
    for i in 0..<count + radius {
      if i < count, source[start + i * step] == 0 { lastOutside = i }
      let centre = i - radius
      if centre >= 0, lastOutside >= centre - radius { target[start + centre * step] = 0 }
    }
  }
}
