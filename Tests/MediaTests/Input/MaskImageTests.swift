import Foundation
import Media
import Testing

@Suite(.timeLimit(.minutes(1))) struct MaskImageTests {
  private let media: SampleMedia

  init() throws { media = try SampleMedia() }

  /// Writes eight by four pixels, of which the right half has a colour.
  private func write(_ name: String, color: (Int, Int, Int), _ options: String) throws -> String {
    let (r, g, b) = color
    let source =
      "color=black:s=8x4:d=0.04,format=gbrp,"
      + "geq=r='\(r)*gte(X,4)':g='\(g)*gte(X,4)':b='\(b)*gte(X,4)'"
    return try media.ffmpeg("-f lavfi -i \"\(source)\" \(options)", to: name)
  }

  private func halves(_ level: UInt8) -> [UInt8] {
    (0..<4).flatMap { _ in [UInt8](repeating: 0, count: 4) + [UInt8](repeating: level, count: 4) }
  }

  @Test(
    "gray values are read as they are, whatever stores them",
    arguments: [
      ("a.png", "gray", 100), ("a.png", "rgb24", 100), ("a.png", "rgba", 100),
      ("a.png", "ya8", 100), ("a.png", "monob", 255),
      ("a.pgm", "gray", 100), ("a.ppm", "rgb24", 100), ("a.bmp", "bgr24", 100),
    ])
  func gray(name: String, format: String, level: Int) throws {
    let path = try write(name, color: (level, level, level), "-pix_fmt \(format)")
    let image = try MaskImage(path: path)
    #expect(image.size == PixelSize(width: 8, height: 4))
    #expect(image.pixels == halves(UInt8(level)))
  }

  @Test("black and white of a format with colours and a narrow range stay so")
  func narrowRange() throws {
    let path = try write(
      "a.webp", color: (255, 255, 255), "-c:v libwebp -quality 95 -pix_fmt yuv420p")
    let pixels = try MaskImage(path: path).pixels
    #expect(zip(pixels, halves(255)).allSatisfy { abs(Int($0) - Int($1)) < 8 }, "\(pixels)")
  }

  @Test("colours are labels", arguments: ["palette", "rgb24"])
  func labels(format: String) throws {
    let palette =
      "-filter_complex 'split[a][b];[a]palettegen=reserve_transparent=0[p];"
      + "[b][p]paletteuse=dither=none'"
    let path = try write(
      "a.png", color: (0, 64, 0), format == "palette" ? palette : "-pix_fmt rgb24")
    #expect(try MaskImage(path: path).pixels == halves(255))
  }

  @Test("white can be the background") func whiteBackground() throws {
    let white = try write("white.ppm", color: (255, 255, 255), "-pix_fmt rgb24")
    #expect(try MaskImage(path: white, whiteIsBackground: true).pixels == halves(0))
    let blue = try write("blue.ppm", color: (0, 0, 255), "-pix_fmt rgb24")
    #expect(try MaskImage(path: blue, whiteIsBackground: true).pixels == halves(255))
  }

  @Test("what is missing, damaged or no image is an error that names it")
  func failures() throws {
    let path = try write("a.png", color: (255, 255, 255), "-pix_fmt gray")
    try media.shell("head -c 50 a.png >cut.png; echo words >words.png; cp a.png a.text")
    #expect(try MaskImage(path: path).pixels == halves(255))
    for name in ["missing.png", "cut.png", "words.png", "a.text"] {
      let error = #expect(throws: MediaError.self) { try MaskImage(path: media.path(name)) }
      #expect(error?.location == media.path(name))
    }
  }
}
