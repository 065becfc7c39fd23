import Media

/// A colour, given in sRGB.
public struct Color: Hashable, Sendable, CustomStringConvertible {
  /// The red component, 0…255.
  public var red: UInt8
  /// The green component, 0…255.
  public var green: UInt8
  /// The blue component, 0…255.
  public var blue: UInt8

  /// Makes a colour from its components, 0…255.
  public init(red: UInt8, green: UInt8, blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  /// Reads `#RRGGBB`, `RRGGBB` or one of the names red, orange, yellow, green, cyan, blue, magenta,
  /// white and black; nil if it is none of these.
  public init?(_ text: String) {
    let names: [String: UInt32] = [
      "red": 0xFF0000, "orange": 0xFF8000, "yellow": 0xFFFF00, "green": 0x00FF00,
      "cyan": 0x00FFFF, "blue": 0x0000FF, "magenta": 0xFF00FF, "white": 0xFFFFFF,
      "black": 0x000000,
    ]
    let digits = text.hasPrefix("#") ? text.dropFirst() : text[...]
    guard
      let value = names[text.lowercased()]
        ?? (digits.count == 6 && digits.allSatisfy(\.isHexDigit) ? UInt32(digits, radix: 16) : nil)
    else { return nil }
    self.init(
      red: UInt8(value >> 16), green: UInt8(value >> 8 & 0xFF), blue: UInt8(value & 0xFF))
  }

  /// `#RRGGBB`.
  public var description: String {
    "#"
      + [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }
      .joined()
  }

  /// The colour as samples of a YUV or gray picture: Y, then U and V (ITU-R BT.601, BT.709, BT.2020).
  func samples(for layout: PixelLayout) -> [Int] {
    let weights = layout.matrix.lumaWeights
    let (r, g, b) = (Double(red) / 255, Double(green) / 255, Double(blue) / 255)
    let y = weights.red * r + (1 - weights.red - weights.blue) * g + weights.blue * b
    let u = (b - y) / (2 * (1 - weights.blue))
    let v = (r - y) / (2 * (1 - weights.red))
    let unit = Double(1 << (layout.bitDepth - 8))
    let samples =
      layout.isFullRange
      ? [255 * y, 128 + 255 * u, 128 + 255 * v] : [16 + 219 * y, 128 + 224 * u, 128 + 224 * v]
    let largest = (1 << layout.bitDepth) - 1
    return samples.prefix(layout.planeCount).map {
      min(max(Int(($0 * unit).rounded()), 0), largest)
    }
  }
}
