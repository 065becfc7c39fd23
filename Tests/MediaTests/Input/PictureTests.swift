import Foundation
import Media
import Testing

@Suite("Pictures") struct PictureTests {
  /// Display matrices: 16.16 fixed-point a, b, c, d that map (x, y) to (ax + cy, bx + dy).
  static let matrices: [(matrix: [Int32], rotation: Int, isMirrored: Bool)] = [
    ([1, 0, 0, 1], 0, false), ([0, 1, -1, 0], 90, false), ([-1, 0, 0, -1], 180, false),
    ([0, -1, 1, 0], 270, false), ([-1, 0, 0, 1], 0, true), ([0, 1, 1, 0], 90, true),
    ([1, 0, 0, -1], 180, true), ([0, -1, -1, 0], 270, true),
  ]

  @Test("are turned and mirrored as the container asks, as ffmpeg does it", arguments: matrices)
  func orientation(matrix: [Int32], rotation: Int, isMirrored: Bool) throws {
    let media = try SampleMedia()
    let path = try media.video(
      "a.mp4", size: "64x48", seconds: 0.2, "-c:v libx264 -vf setsar=2")
    try setDisplayMatrix(matrix, of: path)
    let recording = try Recording(path)
    let isTurned = rotation % 180 == 90
    let upright = isTurned ? PixelSize(width: 48, height: 64) : PixelSize(width: 64, height: 48)
    #expect(recording.video.rotation == rotation)
    #expect(recording.video.isMirrored == isMirrored)
    #expect(recording.video.storedSize == PixelSize(width: 64, height: 48))
    #expect(recording.video.uprightSize == upright)
    #expect(recording.video.sampleAspectRatio == (isTurned ? Rational(1, 2) : Rational(2, 1)))
    #expect(recording.frames.allSatisfy { $0.size == upright })
    #expect(recording.pixels == (try media.decoded("a.mp4", pixelFormat: "yuv420p")))
  }

  @Test(
    "are delivered as they are stored where one can draw on them",
    arguments: [
      "yuv420p", "yuv422p", "yuv444p", "yuvj420p", "yuvj422p", "yuvj444p", "yuv420p10le",
      "yuv422p10le", "yuv444p10le",
    ])
  func keptFormats(format: String) throws {
    let media = try SampleMedia()
    let codec = format.hasPrefix("yuvj") ? "mjpeg -q:v 2" : "ffv1"
    let path = try media.video(
      "a.mkv", size: "101x75", seconds: 0.2, "-c:v \(codec) -pix_fmt \(format)")
    let recording = try Recording(path)
    #expect(recording.video.pixelFormatName == format)
    #expect(recording.pixels == (try media.decoded("a.mkv", pixelFormat: format)))
    let layout = try #require(recording.frames.first?.layout)
    #expect(layout.bitDepth == (format.hasSuffix("10le") ? 10 : 8))
    #expect(layout.isFullRange == format.hasPrefix("yuvj"))
  }

  @Test(
    "are converted where one cannot draw on them",
    arguments: [
      ("yuv420p12le", "yuv420p10le"), ("yuv444p16le", "yuv444p10le"), ("yuv422p9le", "yuv422p10le"),
      ("yuv410p", "yuv420p"), ("yuv440p", "yuv420p"), ("yuva420p", "yuv420p"),
      ("yuva444p10le", "yuv420p"),
    ])
  func convertedFormats(stored: String, delivered: String) throws {
    let media = try SampleMedia()
    let path = try media.video(
      "a.mkv", size: "101x75", seconds: 0.2, "-c:v ffv1 -pix_fmt \(stored)")
    let recording = try Recording(path)
    #expect(recording.video.pixelFormatName == stored)
    let expected = try media.decoded(
      "a.mkv", pixelFormat: delivered, filter: "scale=flags=bicubic+accurate_rnd+full_chroma_int")
    #expect(recording.pixels == expected)
    #expect(recording.frames.first?.layout?.isFullRange == false)
  }

  /// RGB to YUV is compared through plain colours: these leave no room for filters.
  @Test(
    "of RGB, palette and gray get YUV of the matrix that their size stands for",
    arguments: [
      ("a.png", "format=rgb24", "101x75"), ("a.png", "format=rgba", "101x75"),
      ("a.png", "format=rgb48be", "101x75"),
      ("a.png", "split[a][b];[a]palettegen[p];[b][p]paletteuse", "101x75"),
      ("a.bmp", "format=bgr24", "101x75"), ("a.png", "format=rgb24", "1280x720"),
    ])
  func colours(name: String, filter: String, size: String) throws {
    let media = try SampleMedia()
    let path = try media.ffmpeg(
      "-f lavfi -i color=0xc83214:s=\(size):d=0.04,format=rgb24 -frames:v 1 -filter_complex '\(filter)'",
      to: name)
    let frame = try #require(try Recording(path).frames.first)
    let layout = try #require(frame.layout)
    let isLarge = size == "1280x720"
    #expect(layout.planeCount == 3 && layout.chromaShift == (1, 1) && layout.bitDepth == 8)
    #expect(!layout.isFullRange)
    #expect(layout.matrix == (isLarge ? .bt709 : .bt601))
    // ITU-R BT.601 and BT.709, studio range.
    let weights = layout.matrix.lumaWeights
    let (red, green, blue) = (200.0 / 255, 50.0 / 255, 20.0 / 255)
    let luma = weights.red * red + (1 - weights.red - weights.blue) * green + weights.blue * blue
    let expected = [
      16 + 219 * luma, 128 + 112 * (blue - luma) / (1 - weights.blue),
      128 + 112 * (red - luma) / (1 - weights.red),
    ]
    try frame.withPlanes { planes in
      for (plane, value) in zip(planes, expected) {
        let sample = plane.base.load(
          fromByteOffset: plane.height / 2 * plane.bytesPerRow + plane.width / 2, as: UInt8.self)
        #expect(abs(Double(sample) - value) <= 2)
      }
    }
  }

  @Test("of full-range gray become YUV of studio range", arguments: [0, 128, 255])
  func gray(value: Int) throws {
    let media = try SampleMedia()
    let path = try media.ffmpeg(
      "-f lavfi -i color=black:s=33x21,format=gray,geq=lum=\(value) -frames:v 1", to: "a.png")
    let recording = try Recording(path)
    #expect(recording.video.pixelFormatName == "gray")
    let luma = recording.pixels.prefix(33 * 21)
    let expected = 16 + 219 * Double(value) / 255
    #expect(luma.allSatisfy { abs(Double($0) - expected) <= 1 })
    #expect(recording.pixels.dropFirst(33 * 21).allSatisfy { $0 == 128 })
  }

  @Test("of an animated GIF are read with their times") func gif() throws {
    let media = try SampleMedia()
    let recording = try Recording(try media.video("a.gif", rate: "10", seconds: 0.5, ""))
    #expect(agree(recording.times, regularTimes(count: 5, frameRate: 10)))
    #expect(recording.frames.allSatisfy { $0.layout?.planeCount == 3 })
  }

  @Test("keep their colour tags") func colourTags() throws {
    let media = try SampleMedia()
    let path = try media.video(
      "a.mkv", seconds: 0.1,
      "-c:v libx264 -pix_fmt yuv420p -colorspace bt2020nc -color_range pc"
        + " -color_primaries bt2020 -color_trc smpte2084")
    let layout = try #require(try Recording(path).frames.first?.layout)
    #expect(layout.matrix == .bt2020)
    #expect(layout.isFullRange)
  }

  /// Replaces the display matrix of the only track of an MP4 (ISO/IEC 14496-12, tkhd).
  private func setDisplayMatrix(_ matrix: [Int32], of path: String) throws {
    let one: Int32 = 0x10000
    func bytes(_ values: [Int32]) -> Data {
      Data(values.flatMap { value in withUnsafeBytes(of: value.bigEndian) { Array($0) } })
    }
    var file = try Data(contentsOf: URL(filePath: path))
    let track = try #require(file.range(of: Data("tkhd".utf8)))
    let identity = bytes([one, 0, 0, 0, one, 0, 0, 0, 0x4000_0000])
    let place = try #require(file.range(of: identity, in: track.upperBound..<file.endIndex))
    let m = matrix.map { $0 * one }
    file.replaceSubrange(place, with: bytes([m[0], m[1], 0, m[2], m[3], 0, 0, 0, 0x4000_0000]))
    try file.write(to: URL(filePath: path))
  }
}
