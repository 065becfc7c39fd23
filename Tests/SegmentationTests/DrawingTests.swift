import Media
import Segmentation
import Testing

@Suite struct InputGeometryTests {
  @Test("the short edge is scaled, the canvas is a multiple of 32 around it")
  func davis() {
    let geometry = InputGeometry(
      displaySize: PixelSize(width: 854, height: 480), shortEdge: 240)
    #expect(geometry.scaledSize == PixelSize(width: 427, height: 240))
    #expect(geometry.canvasSize == PixelSize(width: 448, height: 256))
    #expect(geometry.left == 10 && geometry.top == 8)
  }

  @Test(
    "extreme shapes still make a canvas that holds the picture",
    arguments: [(1, 1), (1, 2000), (3840, 2160), (101, 75), (480, 854)])
  func extremes(width: Int, height: Int) {
    let geometry = InputGeometry(
      displaySize: PixelSize(width: width, height: height), shortEdge: 240)
    #expect(geometry.canvasSize.width.isMultiple(of: 32))
    #expect(geometry.canvasSize.height.isMultiple(of: 32))
    #expect(
      geometry.left >= 0 && geometry.left + geometry.scaledSize.width <= geometry.canvasSize.width)
    #expect(
      geometry.top >= 0 && geometry.top + geometry.scaledSize.height <= geometry.canvasSize.height)
  }
}

@Suite struct MaskScalerTests {
  private let geometry = InputGeometry(
    displaySize: PixelSize(width: 101, height: 67), shortEdge: 40)

  private var probabilities: [Float] {
    (0..<geometry.canvasPixels).map { Float(($0 * 7919) % 1000) / 999 }
  }

  /// Bilinear interpolation with half-pixel centres, straight from its definition.
  private func expected(x: Int, y: Int) -> Double {
    func source(_ i: Int, _ from: Int, _ to: Int) -> (Int, Int, Double) {
      let position = max(
        0, min(Double(from) - 1, (Double(i) + 0.5) * Double(from) / Double(to) - 0.5))
      let low = Int(position)
      return (low, min(low + 1, from - 1), position - Double(low))
    }
    let (x0, x1, fx) = source(x, geometry.scaledSize.width, 101)
    let (y0, y1, fy) = source(y, geometry.scaledSize.height, 67)
    func at(_ x: Int, _ y: Int) -> Double {
      Double(probabilities[(geometry.top + y) * geometry.canvasSize.width + geometry.left + x])
    }
    return (at(x0, y0) * (1 - fx) + at(x1, y0) * fx) * (1 - fy)
      + (at(x0, y1) * (1 - fx) + at(x1, y1) * fx) * fy
  }

  @Test("soft masks are the probabilities, scaled up and without the padding")
  func soft() {
    let mask = MaskScaler(geometry, size: PixelSize(width: 101, height: 67), output: .soft)
      .mask(from: probabilities)
    for y in stride(from: 0, to: 67, by: 3) {
      for x in stride(from: 0, to: 101, by: 5) {
        #expect(abs(Double(mask.pixels[y * 101 + x]) - 255 * expected(x: x, y: y)) <= 0.51)
      }
    }
  }

  @Test("binary masks are the scaled-up probabilities above the threshold")
  func binary() {
    let mask = MaskScaler(
      geometry, size: PixelSize(width: 101, height: 67), output: .binary(threshold: 0.6)
    ).mask(from: probabilities)
    for y in stride(from: 0, to: 67, by: 3) {
      for x in stride(from: 0, to: 101, by: 5) where abs(expected(x: x, y: y) - 0.6) > 1e-5 {
        #expect(mask.pixels[y * 101 + x] == (expected(x: x, y: y) > 0.6 ? 255 : 0))
      }
    }
  }

  @Test("published masks are thresholded first, then repeated")
  func nearest() {
    let mask = MaskScaler(
      geometry, size: PixelSize(width: 101, height: 67), output: .binaryNearest(threshold: 0.5)
    ).mask(from: probabilities)
    for y in 0..<67 {
      for x in 0..<101 {
        let row = geometry.top + y * geometry.scaledSize.height / 67
        let column = geometry.left + x * geometry.scaledSize.width / 101
        let value = probabilities[row * geometry.canvasSize.width + column]
        #expect(mask.pixels[y * 101 + x] == (value > 0.5 ? 255 : 0))
      }
    }
  }
}

@Suite struct OverlayRendererTests {
  private let size = PixelSize(width: 40, height: 30)

  private func gray(_ value: UInt8) throws -> VideoFrame {
    try VideoFrame.gray(size: size, timestamp: Timestamp(7, timeBase: Rational(1, 25))) { plane in
      for row in 0..<plane.height {
        for x in 0..<plane.width {
          plane.base.storeBytes(
            of: value, toByteOffset: row * plane.bytesPerRow + x, as: UInt8.self)
        }
      }
    }
  }

  private func square() -> Mask {
    Mask(
      size: size,
      pixels: (0..<30).flatMap { y in
        (0..<40).map { x in (10..<20).contains(x) && (5..<15).contains(y) ? 255 : 0 }
      })
  }

  private func pixels(of frame: VideoFrame) throws -> [UInt8] {
    try frame.withPlanes { planes in
      (0..<30).flatMap { y in
        (0..<40).map { x in
          planes[0].base.load(fromByteOffset: y * planes[0].bytesPerRow + x, as: UInt8.self)
        }
      }
    }
  }

  @Test("tint mixes the colour into the foreground and leaves the rest and the source alone")
  func tint() throws {
    let source = try gray(100)
    let white = Color(red: 255, green: 255, blue: 255)
    let drawn = try OverlayRenderer(style: .tint, color: white, opacity: 0.5)
      .draw(square(), on: source)
    let values = try pixels(of: drawn)
    for (value, mask) in zip(values, square().pixels) {
      #expect(value == (mask == 255 ? 178 : 100))
    }
    #expect(try pixels(of: source).allSatisfy { $0 == 100 })
    #expect(drawn.timestamp == source.timestamp)
  }

  @Test("outline draws a line of one pixel inside the foreground's edge")
  func outline() throws {
    let white = Color(red: 255, green: 255, blue: 255)
    let drawn = try OverlayRenderer(style: .outline, color: white, opacity: 1)
      .draw(square(), on: gray(0))
    let values = try pixels(of: drawn)
    for y in 0..<30 {
      for x in 0..<40 {
        let inside = (10..<20).contains(x) && (5..<15).contains(y)
        let core = (11..<19).contains(x) && (6..<14).contains(y)
        #expect(values[y * 40 + x] == (inside && !core ? 255 : 0))
      }
    }
  }

  @Test(
    "colours are read by name and number",
    arguments: [
      ("red", Color(red: 255, green: 0, blue: 0)),
      ("#0a80FF", Color(red: 10, green: 128, blue: 255)),
      ("0a80ff", Color(red: 10, green: 128, blue: 255)),
    ])
  func colors(text: String, color: Color) { #expect(Color(text) == color) }

  @Test(
    "other texts are no colours", arguments: ["", "#", "reddish", "#12345", "#12345g", "1234567"])
  func noColors(text: String) { #expect(Color(text) == nil) }
}
