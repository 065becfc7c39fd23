import Foundation
import Media
import Testing

@Suite("Scaler") struct ScalerTests {
  static let sources = [
    "-c:v ffv1 -pix_fmt yuv420p -colorspace smpte170m",
    "-c:v ffv1 -pix_fmt yuv420p -colorspace bt709",
    "-c:v ffv1 -pix_fmt yuv444p -colorspace bt2020nc", "-c:v mjpeg -q:v 2 -pix_fmt yuvj420p",
    "-c:v ffv1 -pix_fmt yuv420p10le -colorspace bt709 -color_range pc",
    "-c:v ffv1 -pix_fmt yuv422p -color_range tv",
  ]

  @Test(
    "gives what ffmpeg's scale filter gives", arguments: sources,
    [PixelSize(width: 71, height: 40), PixelSize(width: 320, height: 180)])
  func reference(encoding: String, target: PixelSize) throws {
    let media = try SampleMedia()
    let path = try media.video("a.mkv", size: "213x121", seconds: 0.04, encoding)
    let frame = try #require(try Recording(path).frames.first)
    let expected = try media.decoded(
      "a.mkv", pixelFormat: "rgb24",
      filter: "scale=\(target.width):\(target.height):flags=bilinear+accurate_rnd+full_chroma_int")
    var scaler = try Scaler(canvas: target, picture: target, offset: (0, 0))
    let (largest, mean) = difference(try scale(frame, with: &scaler), expected)
    #expect(largest <= 3)
    #expect(mean < 0.3)
  }

  @Test(
    "converts colours by the frame's matrix and range",
    arguments: [
      ("-colorspace smpte170m -color_range tv", ColorMatrix.bt601, false),
      ("-colorspace bt709 -color_range tv", .bt709, false),
      ("-colorspace bt709 -color_range pc", .bt709, true),
      ("-colorspace bt2020nc -color_range tv", .bt2020, false),
    ])
  func colours(tags: String, matrix: ColorMatrix, isFullRange: Bool) throws {
    let media = try SampleMedia()
    let (y, u, v) = (120.0, 90.0, 170.0)
    let path = try media.ffmpeg(
      "-f lavfi -i color=s=64x48,format=yuv420p,geq=\(Int(y)):\(Int(u)):\(Int(v))"
        + " -frames:v 1 -c:v ffv1 \(tags)", to: "a.mkv")
    let frame = try #require(try Recording(path).frames.first)
    var scaler = try Scaler(
      canvas: PixelSize(width: 32, height: 24), picture: PixelSize(width: 32, height: 24),
      offset: (0, 0))
    let pixels = try scale(frame, with: &scaler)
    let luma = isFullRange ? y / 255 : (y - 16) / 219
    let chroma = isFullRange ? 255.0 : 224.0
    let (red, blue) = matrix.lumaWeights
    let r = luma + 2 * (1 - red) * (v - 128) / chroma
    let b = luma + 2 * (1 - blue) * (u - 128) / chroma
    let g = (luma - red * r - blue * b) / (1 - red - blue)
    for (sample, value) in zip(pixels, [r, g, b]) {
      #expect(abs(Double(sample) - 255 * value) <= 2)
    }
    #expect(Set(stride(from: 0, to: pixels.count, by: 3).map { pixels[$0] }).count == 1)
  }

  @Test("counts every source pixel by its area") func area() throws {
    let media = try SampleMedia()
    let path = try media.ffmpeg(
      "-f lavfi -i color=s=128x96,format=gray,geq=lum='255*mod(X+Y\\,2)' -frames:v 1", to: "a.png")
    let frame = try #require(try Recording(path).frames.first)
    let size = PixelSize(width: 17, height: 13)
    var scaler = try Scaler(canvas: size, picture: size, offset: (0, 0))
    #expect(try scale(frame, with: &scaler).allSatisfy { abs(Int($0) - 128) <= 6 })
  }

  @Test("places the picture on a canvas of zeros, also on one that was used before")
  func placement() throws {
    let media = try SampleMedia()
    let path = try media.video("a.mkv", size: "101x75", seconds: 0.08, "-c:v ffv1")
    let frames = try Recording(path).frames
    let picture = PixelSize(width: 43, height: 24)
    let canvas = PixelSize(width: 64, height: 32)
    let offset = (x: 10, y: 4)
    var plain = try Scaler(canvas: picture, picture: picture, offset: (0, 0))
    var placed = try Scaler(canvas: canvas, picture: picture, offset: offset)
    #expect(placed.byteCount == 64 * 32 * 3)
    for frame in frames {
      let expected = try scale(frame, with: &plain)
      let pixels = try scale(frame, with: &placed)
      for y in 0..<canvas.height {
        for x in 0..<canvas.width {
          let pixel = Array(pixels[((y * canvas.width + x) * 3)...].prefix(3))
          let isInside =
            (offset.x..<offset.x + picture.width).contains(x)
            && (offset.y..<offset.y + picture.height).contains(y)
          let start = ((y - offset.y) * picture.width + x - offset.x) * 3
          #expect(pixel == (isInside ? Array(expected[start...].prefix(3)) : [0, 0, 0]))
        }
      }
    }
  }

  @Test("follows frames of changing size and format") func changes() throws {
    let media = try SampleMedia()
    let size = PixelSize(width: 40, height: 30)
    var scaler = try Scaler(canvas: size, picture: size, offset: (0, 0))
    for format in ["yuv420p", "yuv444p10le", "yuv420p"] {
      for source in ["64x48", "101x75"] {
        let path = try media.video(
          "a.mkv", size: source, seconds: 0.04, "-c:v ffv1 -pix_fmt \(format)")
        let frame = try #require(try Recording(path).frames.first)
        var fresh = try Scaler(canvas: size, picture: size, offset: (0, 0))
        #expect(try scale(frame, with: &scaler) == scale(frame, with: &fresh))
      }
    }
  }

  @Test(
    "refuses a picture that does not fit",
    arguments: [(33, 24, 0, 0), (32, 24, 1, 0), (32, 24, 0, -1), (0, 24, 0, 0)])
  func misfits(width: Int, height: Int, x: Int, y: Int) {
    #expect(throws: MediaError.self) {
      _ = try Scaler(
        canvas: PixelSize(width: 32, height: 24), picture: PixelSize(width: width, height: height),
        offset: (x, y))
    }
  }

  /// Scales into a buffer that held something else before.
  private func scale(_ frame: VideoFrame, with scaler: inout Scaler) throws -> [UInt8] {
    var pixels = [UInt8](repeating: 77, count: scaler.byteCount)
    try pixels.withUnsafeMutableBytes { try scaler.scale(frame, into: $0) }
    return pixels
  }
}
