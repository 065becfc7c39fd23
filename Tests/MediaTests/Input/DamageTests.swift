import Foundation
import Media
import Testing

@Suite("Damaged inputs") struct DamageTests {
  static let files = [
    ("a.mp4", "-c:v libx264 -preset ultrafast -bf 2 -g 12 -movflags +faststart"),
    ("fragmented.mp4", "-c:v libx264 -g 12 -movflags frag_keyframe+empty_moov"),
    ("a.mkv", "-c:v libx264 -bf 2 -g 12"), ("a.avi", "-c:v mpeg4"), ("mjpeg.avi", "-c:v mjpeg"),
    ("a.webm", "-c:v libvpx -b:v 2M -g 12"), ("h265.mkv", "-c:v libx265 -x265-params log-level=0"),
    ("a.ts", "-c:v mpeg2video -g 12 -b:v 2M"), ("a.h264", "-c:v libx264 -bf 2 -g 12"),
  ]

  /// VP8 decodes anything to something, without noticing.
  @Test(
    "what can be decoded around a damaged stretch is delivered, then reported",
    arguments: files.filter { $0.0 != "a.webm" })
  func overwritten(name: String, encoding: String) throws {
    let media = try SampleMedia()
    let path = try media.video(name, size: "160x120", seconds: 2, encoding)
    let whole = try Recording(path)
    #expect(whole.damage == nil)
    try overwrite(path, from: 0.5, bytes: 3000)
    let recording = try Recording(path)
    let damage = try #require(recording.damage)
    #expect(damage.cause == .damaged)
    #expect(damage.description.hasPrefix("\(path): is damaged: "))
    #expect(!damage.description.contains("\n"))
    #expect(recording.frames.count >= 10)
    #expect(zip(recording.times, recording.times.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test(
    "a file that is cut off is delivered as far as it goes, then reported",
    arguments: files.filter { $0.0 != "a.ts" && $0.0 != "a.h264" })
  func truncated(name: String, encoding: String) throws {
    let media = try SampleMedia()
    let path = try media.video(name, size: "160x120", seconds: 2, encoding)
    let handle = try #require(FileHandle(forUpdatingAtPath: path))
    try handle.truncate(atOffset: handle.seekToEnd() / 2)
    let recording = try Recording(path)
    #expect(recording.damage != nil)
    #expect((10..<50).contains(recording.frames.count))
  }

  @Test("a broadcast that begins between key frames is not damaged", arguments: ["a.ts", "a.h264"])
  func beginsAnywhere(name: String) throws {
    let media = try SampleMedia()
    _ = try media.video(name, seconds: 2, "-c:v libx264 -bf 2 -g 20")
    try media.shell("tail -c +$((188 * 20 + 1)) \(name) > cut-\(name)")
    let recording = try Recording(media.path("cut-\(name)"))
    #expect(recording.damage == nil)
    #expect(recording.frames.count > 5)
  }

  @Test("an image that is broken is reported; the others are read") func brokenImage() throws {
    let media = try SampleMedia()
    _ = try media.video("%d.png", seconds: 0.2, "")
    try overwrite(media.path("3.png"), from: 0.1, bytes: 1000)
    try media.shell("mkdir images; mv *.png images")
    let recording = try Recording(media.path("images"))
    #expect(recording.damage != nil)
    #expect(recording.frames.count >= 4)
  }

  @Test("an image that is cut off is reported", arguments: ["images", "images/%d.jpg"])
  func cutImage(input: String) throws {
    let media = try SampleMedia()
    _ = try media.video("%d.jpg", seconds: 0.4, "")
    try media.shell("mkdir images; mv *.jpg images; truncate -s -400 images/3.jpg")
    let recording = try Recording(media.path(input))
    #expect(recording.damage?.cause == .damaged)
    #expect(recording.frames.count == 10)
  }

  @Test("an image that is empty is reported; those after it are read") func emptyImage() throws {
    let media = try SampleMedia()
    _ = try media.video("%d.png", seconds: 0.4, "")
    try media.shell("mkdir images; mv *.png images; : >images/3.png")
    let recording = try Recording(media.path("images"))
    #expect(recording.damage?.reason == "is damaged: 3.png: is empty")
    #expect(recording.frames.count == 9)
  }

  @Test("a file of which nothing can be decoded is not opened") func nothingLeft() throws {
    let media = try SampleMedia()
    let path = try media.video("a.mp4", "-c:v libx264 -movflags +faststart")
    var bytes = try Data(contentsOf: URL(filePath: path))
    let pictures = try #require(bytes.range(of: Data("mdat".utf8))).upperBound
    bytes.resetBytes(in: pictures..<bytes.endIndex)
    try bytes.write(to: URL(filePath: path))
    #expect(openingError(path)?.cause == .unreadable)
  }

  /// Overwrites a part of a file with a fixed sequence of bytes that looks random.
  private func overwrite(_ path: String, from share: Double, bytes count: Int) throws {
    let handle = try #require(FileHandle(forUpdatingAtPath: path))
    let size = try handle.seekToEnd()
    try handle.seek(toOffset: UInt64(Double(size) * share))
    var state: UInt32 = 1
    let noise = (0..<count).map { _ -> UInt8 in
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt8(state >> 24)
    }
    try handle.write(contentsOf: noise)
  }
}
