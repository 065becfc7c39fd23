import CFFmpeg
import Foundation
import Media
import Testing

/// Overlay videos: what ffprobe and ffmpeg find in what `VideoWriter` wrote.
@Suite struct VideoFileTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }
  static let timeBase = Rational(1, 1000)

  /// Writes frames at `times` (in ms).
  func write(
    _ picture: Picture = Picture(), times: [Int64], to name: String,
    h264: H264Settings = H264Settings(), fragmented: Bool = false,
    frameRate: Rational = Rational(25, 1)
  ) throws -> String {
    let path = folder.file(name)
    var writer = try VideoWriter(
      .overlay(path, h264: h264, fragmented: fragmented), timeBase: Self.timeBase,
      frameRate: frameRate, interruption: Interruption())
    for (number, time) in times.enumerated() {
      try writer.write(picture.frame(number, at: Timestamp(time, timeBase: Self.timeBase)))
    }
    try writer.finish()
    return path
  }

  /// The presentation times in ms, in the order of presentation.
  func times(_ path: String) throws -> [Int] {
    try probe(path, "frame=pts_time").compactMap { Double($0).map { Int(($0 * 1000).rounded()) } }
  }

  @Test(
    "keeps the times of a variable frame rate",
    arguments: ["v.mp4", "v.mov", "v.mkv", "fragmented.mp4"])
  func variableFrameRate(name: String) throws {
    let given: [Int64] = [0, 33, 67, 250, 251, 900, 2000, 2040, 5000, 5001, 5100]
    let path = try write(times: given, to: name, fragmented: name == "fragmented.mp4")
    #expect(try times(path) == given.map(Int.init))
  }

  @Test("keeps a first time above zero", arguments: ["v.mp4", "v.mkv", "fragmented.mp4"])
  func lateStart(name: String) throws {
    let path = try write(
      times: [480, 520, 560], to: name, fragmented: name == "fragmented.mp4")
    #expect(try times(path) == [480, 520, 560])
  }

  @Test("moves times that do not increase behind the last frame's, and loses no frame")
  func unorderedTimes() throws {
    let path = try write(times: [0, 40, 40, 20, 80], to: "v.mp4")
    #expect(try times(path) == [0, 40, 41, 42, 80])
  }

  @Test("shows the last frame as long as a frame of the average rate")
  func lastDuration() throws {
    let path = try write(times: [0, 40, 80, 120], to: "v.mp4")
    #expect(try probe(path, "stream=duration") == ["0.160000"])
  }

  @Test("gives frames without times the frame rate's")
  func untimedFrames() throws {
    let path = folder.file("v.mp4")
    var writer = try VideoWriter(
      .overlay(path), timeBase: Self.timeBase, frameRate: Rational(50, 1),
      interruption: Interruption())
    for number in 0..<4 { try writer.write(Picture().frame(number, at: nil)) }
    try writer.finish()
    #expect(try times(path) == [0, 20, 40, 60])
  }

  @Test("puts the index of an MP4 before the data")
  func faststart() throws {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: write(times: [0, 40], to: "v.mp4")))
    let index = try #require(bytes.range(of: Data("moov".utf8)))
    let data = try #require(bytes.range(of: Data("mdat".utf8)))
    #expect(index.lowerBound < data.lowerBound)
  }

  @Test("a fragmented file that breaks off plays up to the break", arguments: [0.4, 0.7, 0.95])
  func brokenFragments(kept: Double) throws {
    let given = (0..<250).map { Int64($0 * 40) }
    let path = try write(times: given, to: "v.mp4", fragmented: true)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let cut = folder.file("cut.mp4")
    try bytes.prefix(Int(Double(bytes.count) * kept)).write(to: URL(fileURLWithPath: cut))
    let frames = try times(cut)
    // A fragment of a second, 25 frames, may be lost, and frames differ in size.
    #expect(frames.count >= Int(250 * kept) - 50)
    // At the break, frames may miss the one before them.
    let whole = frames.dropLast(3)
    #expect(whole == given.prefix(whole.count).map(Int.init)[...])
  }

  @Test("a fragmented file has its fragments on disk while it is written")
  func unfinishedFragments() throws {
    let path = folder.file("v.mp4")
    var writer = try VideoWriter(
      .overlay(path, fragmented: true), timeBase: Self.timeBase, frameRate: Rational(25, 1),
      interruption: Interruption())
    for number in 0..<200 {
      let time = Timestamp(Int64(number * 40), timeBase: Self.timeBase)
      try writer.write(Picture().frame(number, at: time))
    }
    // The encoder may hold back its lookahead of some 20 frames, the container a second.
    #expect(try times(path).count >= 125)
    try writer.finish()
    #expect(try times(path).count == 200)
  }

  @Test(
    "keeps pixel formats",
    arguments: [
      "yuv420p", "yuv422p", "yuv444p", "yuvj420p", "yuv420p10le", "yuv422p10le", "yuv444p10le",
    ])
  func pixelFormats(format: String) throws {
    let path = try write(Picture(format: format), times: [0, 40, 80], to: "v.mp4")
    #expect(try probe(path, "stream=pix_fmt") == [format])
  }

  @Test("keeps the sample aspect ratio", arguments: ["v.mp4", "v.mkv", "v.ts"])
  func sampleAspectRatio(name: String) throws {
    let picture = Picture(sampleAspectRatio: Rational(16, 11))
    let path = try write(picture, times: (0..<10).map { $0 * 40 }, to: name)
    #expect(try probe(path, "stream=sample_aspect_ratio").first == "16:11")
  }

  @Test("keeps colour tags", arguments: ["v.mp4", "v.mkv", "v.ts"])
  func colourTags(name: String) throws {
    let picture = Picture(
      range: AVCOL_RANGE_JPEG, matrix: AVCOL_SPC_BT709, primaries: AVCOL_PRI_BT709,
      transfer: AVCOL_TRC_IEC61966_2_1)
    let path = try write(picture, times: (0..<10).map { $0 * 40 }, to: name)
    let tags = try probe(
      path, "stream=color_range,color_space,color_transfer,color_primaries")
    #expect(tags.first == "pc,bt709,iec61966-2-1,bt709")
  }

  @Test("with low delay there are no B-frames, and a keyframe each second at least")
  func lowDelay() throws {
    let path = try write(
      times: (0..<60).map { $0 * 40 }, to: "v.mp4", h264: H264Settings(lowDelay: true))
    #expect(try !probe(path, "frame=pict_type").contains("B"))
    let isKeyframe = try probe(path, "frame=key_frame")
    #expect(isKeyframe.count == 60)
    for start in 0..<35 { #expect(isKeyframe[start..<start + 25].contains("1")) }
  }

  @Test(
    "an odd size grows by a repeated edge where chroma is shared, and stays where not",
    arguments: [
      ("yuv420p", 65, 47, "66,48"), ("yuv422p", 65, 47, "66,47"), ("yuv444p", 65, 47, "65,47"),
      ("yuv420p10le", 65, 48, "66,48"), ("yuv420p", 64, 47, "64,48"),
    ])
  func oddSizes(format: String, width: Int, height: Int, written: String) throws {
    let picture = Picture(format: format, size: PixelSize(width: width, height: height))
    let path = folder.file("v.mp4")
    var writer = try VideoWriter(
      .overlay(path, h264: H264Settings(crf: 1)), timeBase: Self.timeBase,
      frameRate: Rational(25, 1), interruption: Interruption())
    for number in 0..<3 { try writer.write(picture.frame(number, at: nil)) }
    let larger = written.replacing(",", with: "x")
    let isLarger = larger != "\(width)x\(height)"
    #expect(
      writer.warnings
        == (isLarger
          ? [
            "\(width)x\(height) \(format) is written as \(larger), as H.264 has no odd size for it"
          ] : []))
    try writer.finish()
    #expect(try probe(path, "stream=width,height") == [written])

    // Luma of the first picture, whose last row and column may be copies of the ones before.
    try shell(
      "ffmpeg -v error -i '\(path)' -frames:v 1 -vf extractplanes=y -f rawvideo '\(path).y'")
    let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path + ".y")))
    let size = written.split(separator: ",").compactMap { Int($0) }
    var largestError = 0
    for y in 0..<size[1] {
      for x in 0..<size[0] {
        let index = y * size[0] + x
        let sample =
          format.hasSuffix("10le")
          ? (Int(bytes[2 * index]) + Int(bytes[2 * index + 1]) << 8) >> 2 : Int(bytes[index])
        let expected = (40 + min(x, width - 1) + 2 * min(y, height - 1)) % 200 + 20
        largestError = max(largestError, abs(sample - expected))
      }
    }
    #expect(largestError < 4)
  }

  @Test("a path with a colon is a file")
  func colon() throws {
    let path = try write(times: [0], to: "12:30.mp4")
    #expect(FileManager.default.fileExists(atPath: path))
  }

  @Test(
    "refuses files that are no video container with free frame times",
    arguments: ["v.webm", "v.avi", "v.xyz", "v"])
  func unsupportedContainers(name: String) {
    #expect {
      try OutputSettings.overlay(name)
    } throws: {
      ($0 as? MediaError)?.cause == .unsupported
    }
  }

  @Test("refuses frames that change in size")
  func changingSize() throws {
    var writer = try VideoWriter(
      .overlay(folder.file("v.mp4")), timeBase: Self.timeBase, frameRate: Rational(25, 1),
      interruption: Interruption())
    try writer.write(Picture().frame(0, at: nil))
    let other = try Picture(size: PixelSize(width: 32, height: 32)).frame(1, at: nil)
    let error = #expect(throws: MediaError.self) { try writer.write(other) }
    #expect(error?.reason == "frames change from 64x48 yuv420p to 32x32 yuv420p")
  }
}
