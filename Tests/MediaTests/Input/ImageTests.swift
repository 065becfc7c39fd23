import Foundation
import Media
import Testing

@Suite("Images and raw video") struct ImageTests {
  @Test(
    "of a folder come in natural order, at the rate asked for", arguments: ["png", "jpg", "bmp"])
  func folder(type: String) throws {
    let media = try SampleMedia()
    _ = try media.video("%d.\(type)", seconds: 0.48, "-q:v 2")
    try media.shell("mkdir images; mv *.\(type) images; echo x > images/notes.txt")
    let expected = try (1...12).flatMap { index in
      try Recording(media.path("images/\(index).\(type)")).pixels
    }
    var options = InputOptions()
    options.frameRate = Rational(10, 1)
    let recording = try Recording(media.path("images"), options: options)
    #expect(agree(recording.times, regularTimes(count: 12, frameRate: 10)))
    #expect(recording.pixels == expected)
    #expect(recording.video.estimatedFrameCount == 12)
    #expect(recording.damage == nil)
  }

  @Test("of a folder can be read in part") func folderPart() throws {
    let media = try SampleMedia()
    _ = try media.video("%d.png", seconds: 0.48, "")
    try media.shell("mkdir images; mv *.png images")
    var options = InputOptions()
    options.start = 0.2
    options.duration = 0.12
    let whole = try Recording(media.path("images"))
    let part = try Recording(media.path("images"), options: options)
    #expect(part.pixels == whole.frames[5..<8].flatMap(\.pixels))
    #expect(agree(part.times, regularTimes(count: 3)))
  }

  @Test("of a folder become as large as the first one") func folderOfSizes() throws {
    let media = try SampleMedia()
    try media.shell("mkdir images")
    for (index, size) in ["64x48", "33x21", "64x48"].enumerated() {
      _ = try media.video("images/\(index).png", size: size, "-frames:v 1")
    }
    let recording = try Recording(media.path("images"))
    #expect(recording.frames.map(\.size.width) == [64, 64, 64])
    #expect(recording.discontinuities == [.formatChange, .formatChange])
  }

  @Test("of a pattern come in order, from the first number there is", arguments: [0, 1, 317])
  func pattern(first: Int) throws {
    let media = try SampleMedia()
    let path = try media.video("f%05d.png", seconds: 0.4, "-start_number \(first)")
    var options = InputOptions()
    options.frameRate = Rational(5, 1)
    let recording = try Recording(path, options: options)
    #expect(agree(recording.times, regularTimes(count: 10, frameRate: 5)))
    let last = try Recording(media.path(String(format: "f%05d.png", first + 9)))
    #expect(recording.frames.last?.pixels == last.pixels)
  }

  @Test("a pattern that nothing matches is an error") func emptyPattern() throws {
    let media = try SampleMedia()
    #expect(openingError(media.path("f%05d.png"))?.cause == .unreadable)
  }

  @Test("a folder without images is an error") func emptyFolder() throws {
    let media = try SampleMedia()
    #expect(openingError(media.folder.path)?.reason == "has no images")
  }

  @Test("a folder that mixes types is an error") func mixedFolder() throws {
    let media = try SampleMedia()
    _ = try media.video("1.png", "-frames:v 1")
    _ = try media.video("2.jpg", "-frames:v 1")
    #expect(
      openingError(media.folder.path)?.reason == "mixes images of several types: jpg, png")
  }

  @Test("photographs are turned upright by their EXIF orientation") func photograph() throws {
    let media = try SampleMedia()
    let path = try media.video("plain.jpg", size: "64x48", "-frames:v 1 -pix_fmt yuvj420p")
    var bytes = try Data(contentsOf: URL(filePath: path))
    // APP1 with one TIFF entry: orientation (0x0112) 6, turn clockwise (EXIF 2.3, 4.6.4).
    let exif: [UInt8] =
      [0xff, 0xe1, 0, 34] + Array("Exif\0\0MM\0*".utf8) + [0, 0, 0, 8, 0, 1]
      + [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0] + [0, 0, 0, 0]
    bytes.insert(contentsOf: exif, at: 2)
    try bytes.write(to: URL(filePath: media.path("turned.jpg")))
    let turned = try Recording(media.path("turned.jpg"))
    #expect(turned.video.rotation == 90)
    #expect(turned.video.uprightSize == PixelSize(width: 48, height: 64))
    #expect(
      turned.pixels
        == (try media.decoded("plain.jpg", pixelFormat: "yuvj420p", filter: "transpose=clock")))
  }

  @Test(
    "raw video is read by its format, from a file and a pipe", arguments: [false, true],
    ["yuv420p", "rgb24", "nv12", "gray"])
  func rawVideo(throughPipe: Bool, format: String) throws {
    let media = try SampleMedia()
    let file = try media.video("a.raw", size: "33x21", "-f rawvideo -pix_fmt \(format)")
    let path = throughPipe ? try media.fifo("pipe", delivering: file) : file
    var options = InputOptions()
    options.rawVideo = RawVideoFormat(
      size: PixelSize(width: 33, height: 21), frameRate: Rational(50, 1), pixelFormat: format)
    let recording = try Recording(path, options: options)
    #expect(agree(recording.times, regularTimes(count: 25, frameRate: 50)))
    #expect(recording.frames.allSatisfy { $0.size == PixelSize(width: 33, height: 21) })
    if format == "yuv420p" {
      #expect(recording.pixels == [UInt8](try Data(contentsOf: URL(filePath: file))))
    }
  }

  @Test("raw video needs a format that makes sense")
  func rawVideoFormat() throws {
    let media = try SampleMedia()
    let path = try media.video("a.raw", "-f rawvideo")
    func reason(_ format: RawVideoFormat) -> String? {
      var options = InputOptions()
      options.rawVideo = format
      return openingError(path, options: options)?.reason
    }
    let (size, rate) = (PixelSize(width: 64, height: 48), Rational(25, 1))
    #expect(reason(RawVideoFormat(size: nil, frameRate: rate)) == "raw video needs its frame size")
    #expect(reason(RawVideoFormat(size: size, frameRate: nil)) == "raw video needs its frame rate")
    #expect(
      reason(RawVideoFormat(size: size, frameRate: rate, pixelFormat: "yuv9"))
        == "unknown pixel format yuv9")
    #expect(
      reason(RawVideoFormat(size: PixelSize(width: 0, height: 48), frameRate: rate))
        == "0x48 is not a frame size")
    #expect(
      reason(RawVideoFormat(size: size, frameRate: Rational(0, 1))) == "0/1 is not a frame rate")
  }

  @Test(
    "a container or Y4M is recognised in a pipe",
    arguments: [("a.y4m", "-pix_fmt yuv444p"), ("a.mkv", "-c:v ffv1 -pix_fmt yuv444p")])
  func pipes(name: String, encoding: String) throws {
    let media = try SampleMedia()
    let file = try media.video(name, encoding)
    let recording = try Recording(try media.fifo("pipe", delivering: file))
    #expect(recording.pixels == (try media.decoded(name, pixelFormat: "yuv444p")))
    #expect(agree(recording.times, regularTimes(count: 25)))
  }
}
