import CFFmpeg
import Foundation
import Media
import Synchronization
import Testing

/// Outputs to a descriptor, such as standard output, for which a pipe stands in.
@Suite struct StreamOutputTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    // As a command line tool does that wants to end in order when its reader goes.
    signal(SIGPIPE, SIG_IGN)
  }

  static let size = PixelSize(width: 32, height: 16)

  static func mask(_ number: Int) throws -> VideoFrame {
    try VideoFrame.gray(size: size, timestamp: Timestamp(Int64(number), timeBase: Rational(1, 25)))
    { plane in
      memset(plane.base, Int32(number), plane.bytesPerRow * plane.height)
    }
  }

  static func writer(
    _ settings: OutputSettings, audio: [AudioStream] = [],
    interruption: Interruption = Interruption()
  ) throws -> VideoWriter {
    try VideoWriter(
      settings, timeBase: Rational(1, 25), frameRate: Rational(25, 1), audio: audio,
      interruption: interruption)
  }

  @Test("a bare gray frame is in the pipe once it is written")
  func grayFrames() throws {
    let pipe = try TestPipe()
    var writer = try Self.writer(.mask("-", streamFormat: .gray, descriptor: pipe.input))
    for number in 0..<5 {
      try writer.write(Self.mask(number))
      #expect(pipe.available() == [UInt8](repeating: UInt8(number), count: 32 * 16))
    }
    try writer.finish()
    #expect(pipe.available() == [])
  }

  @Test("a Y4M frame is in the pipe once it is written")
  func y4mFrames() throws {
    let pipe = try TestPipe()
    var writer = try Self.writer(.mask("-", streamFormat: .y4m, descriptor: pipe.input))
    let frame = { (number: UInt8) in Array("FRAME\n".utf8) + Array(repeating: number, count: 512) }
    try writer.write(Self.mask(0))
    let start = pipe.available()
    let header = try #require(start.firstIndex(of: UInt8(ascii: "\n")))
    let words = String(decoding: start[..<header], as: UTF8.self).split(separator: " ")
    #expect(words.prefix(6) == ["YUV4MPEG2", "W32", "H16", "F25:1", "Ip", "A1:1"])
    #expect(words.contains("Cmono"))
    #expect(Array(start[(header + 1)...]) == frame(0))
    for number in UInt8(1)..<5 {
      try writer.write(Self.mask(Int(number)))
      #expect(pipe.available() == frame(number))
    }
    try writer.finish()
  }

  @Test(
    "overlays are streamed with their sound",
    arguments: [(VideoStreamFormat.nut, "rawvideo"), (.mpegts, "h264")])
  func overlayStreams(format: VideoStreamFormat, codec: String) throws {
    let sound = folder.file("sound.m4a")
    try shell("ffmpeg -v error -f lavfi -i sine=d=4 -c:a aac '\(sound)'")
    let (streams, packets) = try audioPackets(of: sound)
    let path = folder.file("stream")
    let file = open(path, O_WRONLY | O_CREAT, 0o600)
    defer { close(file) }
    var writer = try Self.writer(
      .overlayStream(format, descriptor: file), audio: streams)
    for packet in packets { try writer.write(packet) }
    for number in 0..<100 {
      let time = Timestamp(Int64(number), timeBase: Rational(1, 25))
      try writer.write(Picture().frame(number, at: time))
    }
    try writer.finish()
    #expect(try shell("ffmpeg -v warning -i '\(path)' -c copy -f null - 2>&1") == "")
    #expect(try probe(path, "stream=codec_name").first == codec)
    let times = try probe(path, "frame=pts").compactMap { Int($0) }
    #expect(times.count == 100)
    #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 == times[1] - times[0] })
    #expect(try probe(path, "packet=pts", stream: "a:0").count == packets.count)
  }

  @Test(
    "a Y4M overlay keeps pixels and says that it holds no sound",
    arguments: ["yuv420p", "yuv422p10le"])
  func y4mOverlay(format: String) throws {
    let sound = folder.file("sound.m4a")
    try shell("ffmpeg -v error -f lavfi -i sine=d=1 -c:a aac '\(sound)'")
    let path = folder.file("stream.y4m")
    let file = open(path, O_WRONLY | O_CREAT, 0o600)
    defer { close(file) }
    var writer = try Self.writer(
      .overlayStream(.y4m, descriptor: file), audio: audioPackets(of: sound).streams)
    #expect(writer.warnings == ["audio stream 0 (aac) dropped: yuv4mpegpipe holds no sound"])
    for number in 0..<3 { try writer.write(Picture(format: format).frame(number, at: nil)) }
    try writer.finish()
    #expect(try probe(path, "stream=pix_fmt") == [format])
    #expect(try probe(path, "frame=pts").count == 3)
  }

  @Test("with low delay a frame leaves at once, though encoded")
  func lowDelay() throws {
    let pipe = try TestPipe()
    var writer = try Self.writer(
      .overlayStream(
        .mpegts, h264: H264Settings(lowDelay: true), descriptor: pipe.input))
    for number in 0..<10 {
      try writer.write(Picture().frame(number, at: nil))
      #expect(!pipe.available().isEmpty)
    }
    try writer.finish()
  }

  @Test("pictures do not wait longer than a second for sound that stops")
  func sparseSound() throws {
    let sound = folder.file("sound.m4a")
    try shell("ffmpeg -v error -f lavfi -i sine=d=1 -c:a aac '\(sound)'")
    let (streams, packets) = try audioPackets(of: sound)
    let path = folder.file("stream.nut")
    let file = open(path, O_WRONLY | O_CREAT, 0o600)
    defer { close(file) }
    var writer = try Self.writer(.overlayStream(.nut, descriptor: file), audio: streams)
    for packet in packets { try writer.write(packet) }
    let picture = Picture()
    for number in 0..<100 {
      let time = Timestamp(Int64(number), timeBase: Rational(1, 25))
      try writer.write(picture.frame(number, at: time))
    }
    let frameBytes = picture.size.width * picture.size.height * 3 / 2
    #expect(lseek(file, 0, SEEK_CUR) >= 73 * frameBytes)
    try writer.finish()
  }

  @Test("a reader that has gone is a broken pipe")
  func brokenPipe() throws {
    let pipe = try TestPipe()
    var writer = try Self.writer(.mask("-", descriptor: pipe.input))
    try writer.write(Self.mask(0))
    pipe.closeOutput()
    let mask = try Self.mask(1)
    let error = #expect(throws: MediaError.self) { try writer.write(mask) }
    #expect(error?.cause == .brokenPipe)
  }

  @Test("a write to a pipe that nobody reads gives up when aborted")
  func abort() throws {
    let pipe = try TestPipe()
    let interruption = Interruption()
    var writer = try Self.writer(
      .mask("-", descriptor: pipe.input), interruption: interruption)
    // The pipe takes 64 KiB; the write that fills it blocks until the other thread aborts.
    Thread.detachNewThread {
      while !pipe.isFull { usleep(1000) }
      interruption.abort()
    }
    let error = #expect(throws: MediaError.self) {
      for number in 0..<1000 { try writer.write(Self.mask(number % 256)) }
    }
    #expect(error?.cause == .interrupted)
  }
}

/// A pipe whose reading end does not block.
final class TestPipe: Sendable {
  let input: Int32
  /// nil once closed.
  private let output: Mutex<Int32?>

  init() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    try #require(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
    output = Mutex(ends[0])
    input = ends[1]
  }

  deinit {
    closeOutput()
    close(input)
  }

  func closeOutput() {
    output.withLock { descriptor in
      if let open = descriptor { close(open) }
      descriptor = nil
    }
  }

  /// Takes out what can be read without waiting.
  func available() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = output.withLock { read($0 ?? -1, &bytes, bytes.count) }
    return Array(bytes.prefix(max(0, count)))
  }

  var isFull: Bool {
    var state = pollfd(fd: input, events: Int16(POLLOUT), revents: 0)
    return poll(&state, 1, 0) == 0
  }
}
