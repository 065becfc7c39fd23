import Foundation
import Media
import Testing

/// Mask outputs: lossless, numbered, whole.
@Suite struct MaskFileTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  static let timeBase = Rational(1, 25)
  static let size = PixelSize(width: 37, height: 21)

  /// The bytes of mask number `index`, row by row.
  static func pixels(_ index: Int) -> [UInt8] {
    (0..<size.width * size.height).map { UInt8(truncatingIfNeeded: $0 * 7 + index * 31) }
  }

  static func mask(_ index: Int) throws -> VideoFrame {
    let pixels = pixels(index)
    return try VideoFrame.gray(
      size: size, timestamp: Timestamp(Int64(index), timeBase: timeBase)
    ) { plane in
      for y in 0..<plane.height {
        for x in 0..<plane.width {
          (plane.base + y * plane.bytesPerRow).storeBytes(
            of: pixels[y * size.width + x], toByteOffset: x, as: UInt8.self)
        }
      }
    }
  }

  func write(_ count: Int, to argument: String) throws {
    var writer = try VideoWriter(
      .mask(argument), timeBase: Self.timeBase, frameRate: Rational(25, 1),
      interruption: Interruption())
    for index in 0..<count { try writer.write(Self.mask(index)) }
    try writer.finish()
  }

  /// What ffmpeg decodes from a file or pattern, as bare gray frames.
  func decode(_ input: String) throws -> [UInt8] {
    let output = folder.file("decoded.gray")
    try shell("ffmpeg -v error -i '\(input)' -f rawvideo -pix_fmt gray '\(output)'")
    return try [UInt8](Data(contentsOf: URL(fileURLWithPath: output)))
  }

  @Test("is lossless", arguments: ["m.mkv", "m.y4m", "new/folder/%05d.png"])
  func lossless(name: String) throws {
    try write(12, to: folder.file(name))
    #expect(try decode(folder.file(name)) == (0..<12).flatMap(Self.pixels))
  }

  @Test("a .gray file is the frames' bytes and nothing else")
  func bareBytes() throws {
    try write(3, to: folder.file("m.gray"))
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.file("m.gray")))
    #expect([UInt8](bytes) == (0..<3).flatMap(Self.pixels))
  }

  @Test("FFV1 masks are gray, one keyframe each, and keep their size and times")
  func ffv1() throws {
    try write(5, to: folder.file("m.mkv"))
    #expect(
      try probe(folder.file("m.mkv"), "stream=codec_name,width,height,pix_fmt") == [
        "ffv1,37,21,gray"
      ])
    #expect(
      try probe(folder.file("m.mkv"), "frame=key_frame,pts_time") == [
        "1,0.000000", "1,0.040000", "1,0.080000", "1,0.120000", "1,0.160000",
      ])
  }

  @Test("PNG masks are numbered from 0 and leave no other files")
  func numbering() throws {
    try write(3, to: folder.file("a/b/%05d.png"))
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("a/b"))
    #expect(names.sorted() == ["00000.png", "00001.png", "00002.png"])
  }

  @Test("a PNG mask is there as soon as it is written")
  func immediately() throws {
    var writer = try VideoWriter(
      .mask(folder.file("%d.png")), timeBase: Self.timeBase, frameRate: Rational(25, 1),
      interruption: Interruption())
    try writer.write(Self.mask(0))
    #expect(try decode(folder.file("0.png")) == Self.pixels(0))
    try writer.finish()
  }

  @Test(
    "refuses what is no mask output",
    arguments: ["m.mp4", "m.png", "masks", "m", "%d/m.png", "%d_%d.png", "m.jpg"])
  func unsupported(argument: String) {
    let error = #expect(throws: MediaError.self) { try OutputSettings.mask(argument) }
    #expect(error?.cause == .unsupported)
  }
}
