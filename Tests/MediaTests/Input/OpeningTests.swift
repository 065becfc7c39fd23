import Foundation
import Media
import Testing

@Suite("Opening inputs") struct OpeningTests {
  @Test("a file that is missing is named") func missing() throws {
    let media = try SampleMedia()
    let error = openingError(media.path("none.mp4"))
    #expect(error?.description == "\(media.path("none.mp4")): no such file")
    #expect(error?.cause == .unreadable)
  }

  @Test("a file that may not be read is reported", .enabled(if: getuid() != 0, "root reads all"))
  func permission() throws {
    let media = try SampleMedia()
    try media.shell("echo x > a.mp4; chmod 0 a.mp4")
    #expect(openingError(media.path("a.mp4"))?.reason == "permission denied")
  }

  @Test("an empty file is called empty", arguments: ["a.mp4", "a.png", "a.y4m"])
  func emptyFile(name: String) throws {
    let media = try SampleMedia()
    try media.shell("touch \(name)")
    #expect(openingError(media.path(name))?.reason == "is empty")
  }

  @Test("an empty pipe is called empty") func emptyPipe() throws {
    let media = try SampleMedia()
    let pipe = try media.fifo("pipe", delivering: "/dev/null")
    #expect(openingError(pipe)?.reason == "is empty")
  }

  @Test("text is not a video", arguments: ["a.mp4", "a.txt", "a.nfo", "a.srt", "a"])
  func text(name: String) throws {
    let media = try SampleMedia()
    try media.shell("for i in $(seq 2000); do echo 'This is a line of text.' >> \(name); done")
    let error = openingError(media.path(name))
    #expect(error?.cause == .unreadable || error?.cause == .noVideo)
    #expect(error?.reason.contains("video") == true)
  }

  @Test("sound alone has no video stream") func soundOnly() throws {
    let media = try SampleMedia()
    let error = openingError(try media.ffmpeg("-f lavfi -i sine=d=1", to: "a.wav"))
    #expect(error?.cause == .noVideo)
    #expect(error?.reason == "has no video stream")
  }

  @Test("a codec without a decoder is named") func missingDecoder() throws {
    let media = try SampleMedia()
    let path = try media.video("a.mkv", "-c:v ffv1")
    var bytes = try Data(contentsOf: URL(filePath: path))
    let name = try #require(bytes.range(of: Data("FFV1".utf8)))
    bytes.replaceSubrange(name, with: Data("XXXX".utf8))
    try bytes.write(to: URL(filePath: path))
    #expect(openingError(path)?.reason.contains("no decoder") == true)
  }

  @Test("an MP4 with its index at the end cannot come through a pipe, and the error says so")
  func indexAtEndOfPipe() throws {
    let media = try SampleMedia()
    let file = try media.video("a.mov", size: "640x480", "-c:v mjpeg -q:v 1")
    let pipe = try media.fifo("pipe", delivering: file)
    let error = openingError(pipe)
    let reason = try #require(error?.reason)
    #expect(reason.contains("index at the end") && reason.contains("faststart"))
  }

  @Test("a start behind the end is an error") func startBehindEnd() throws {
    let media = try SampleMedia()
    var options = InputOptions()
    options.start = 5
    let error = openingError(try media.video("a.mkv", "-c:v ffv1"), options: options)
    #expect(error?.reason == "has no frames 5.0 s after its start")
  }

  @Test("senseless settings are refused", arguments: [-1, .nan, .infinity] as [Double])
  func settings(value: Double) throws {
    let media = try SampleMedia()
    let path = try media.video("a.mkv", "-c:v ffv1")
    var options = InputOptions()
    options.start = value
    #expect(openingError(path, options: options)?.cause == .unsupported)
    options.start = nil
    options.duration = value
    #expect(openingError(path, options: options)?.cause == .unsupported)
  }

  @Test("a frame rate for what has one of its own is refused") func frameRate() throws {
    let media = try SampleMedia()
    var options = InputOptions()
    options.frameRate = Rational(5, 1)
    let error = openingError(try media.video("a.mkv", "-c:v ffv1"), options: options)
    #expect(error?.cause == .unsupported)
    #expect(error?.reason.contains("frame rate of its own") == true)
  }

  @Test("opening and closing leaves no file open") func descriptors() throws {
    let media = try SampleMedia()
    let path = try media.videoWithSound("a.mp4", "-c:v mpeg4 -c:a aac")
    for _ in 0..<50 {
      var reader = try MediaReader(.url(path))
      _ = try reader.read()
      _ = openingError(media.path("none.mp4"))
    }
    let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap {
      try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
    }
    #expect(open.filter { $0.hasPrefix(media.folder.path) } == [])
  }
}
