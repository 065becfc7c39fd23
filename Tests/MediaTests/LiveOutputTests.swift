import CFFmpeg
import Foundation
import Media
import Testing

/// Outputs of a live source: files that play while they are written, streams to real receivers.
@Suite(.timeLimit(.minutes(5))) struct LiveOutputTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    signal(SIGPIPE, SIG_IGN)
  }

  func writer(
    _ settings: OutputSettings, audio: [AudioStream] = [],
    interruption: Interruption = Interruption()
  ) throws -> VideoWriter {
    try VideoWriter(
      settings, timeBase: Rational(1, 25), frameRate: Rational(25, 1), audio: audio,
      interruption: interruption)
  }

  func picture(_ number: Int, _ picture: Picture = Picture()) throws -> VideoFrame {
    try picture.frame(number, at: Timestamp(Int64(number), timeBase: Rational(1, 25)))
  }

  @Test("a live MP4 plays while it is written, up to the last second")
  func growingFile() throws {
    let path = folder.file("v.mp4")
    var writer = try writer(.overlay(path, isLive: true))
    for number in 0..<90 { try writer.write(picture(number)) }
    try shell("cp '\(path)' '\(folder.file("cut.mp4"))'")
    #expect(try probe(folder.file("cut.mp4"), "frame=pts").count >= 50)
    try writer.finish()
    #expect(try probe(path, "frame=pts").count == 90)
    // A keyframe each second, and none that is shown before one that is decoded after it.
    let flags = try probe(path, "packet=flags")
    #expect(flags.indices.filter { flags[$0].hasPrefix("K") } == [0, 25, 50, 75])
    #expect(try probe(path, "packet=pts") == probe(path, "packet=dts"))
  }

  @Test("live HLS is a bounded list of short segments that play; else the list holds all")
  func hls() throws {
    for isLive in [true, false] {
      let name = isLive ? "live" : "whole"
      let list = folder.file("\(name).m3u8")
      var writer = try writer(.overlay(list, isLive: isLive))
      for number in 0..<375 { try writer.write(picture(number)) }
      let segments = {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
          $0.hasPrefix(name) && $0.hasSuffix(".ts")
        }
      }
      let listed = { try String(contentsOfFile: list, encoding: .utf8).matches(of: /\.ts/).count }
      #expect(try !String(contentsOfFile: list, encoding: .utf8).contains("ENDLIST"))
      if isLive {
        #expect(try listed() == 6)
        // The one being written and one that a player may still fetch are there, too.
        #expect(try segments().count <= 8)
      }
      try writer.finish()
      #expect(try String(contentsOfFile: list, encoding: .utf8).contains("ENDLIST"))
      #expect(try listed() == (isLive ? 6 : 15))
      #expect(try probe(list, "frame=pts").count == (isLive ? 150 : 375))
    }
  }

  @Test("masks are streamed as gray video that players can show")
  func maskStream() throws {
    let list = folder.file("masks.m3u8")
    var writer = try writer(.mask(list, isLive: true))
    for number in 0..<30 {
      try writer.write(
        VideoFrame.gray(
          size: PixelSize(width: 64, height: 48),
          timestamp: Timestamp(Int64(number), timeBase: Rational(1, 25))
        ) { plane in
          for row in 0..<plane.height { memset(plane.base + row * plane.bytesPerRow, 255, 32) }
        })
    }
    try writer.finish()
    #expect(try probe(list, "stream=codec_name,pix_fmt").first == "h264,yuv420p")
    let raw = folder.file("raw")
    try shell("ffmpeg -v error -i '\(list)' -frames:v 1 -pix_fmt gray -f rawvideo '\(raw)'")
    let pixels = try Data(contentsOf: URL(fileURLWithPath: raw))
    #expect(pixels.count == 64 * 48)
    #expect((0..<48).allSatisfy { pixels[$0 * 64 + 10] > 240 && pixels[$0 * 64 + 50] < 15 })
  }

  @Test("pictures become what players of streams take, and that is said")
  func streamFormat() throws {
    let list = folder.file("v.m3u8")
    var writer = try writer(.overlay(list))
    let deep = Picture(format: "yuv422p10le")
    for number in 0..<10 { try writer.write(picture(number, deep)) }
    #expect(
      writer.warnings == ["64x48 yuv422p10le is written as yuv420p, for players of streams"])
    try writer.finish()
    #expect(try probe(list, "stream=pix_fmt").first == "yuv420p")
  }

  @Test(
    "streams arrive whole at a receiver",
    arguments: [
      ("rtmp://127.0.0.1:PORT/live/x", "-listen 1 -f flv -i rtmp://127.0.0.1:PORT/live/x", "m4a"),
      ("tcp://127.0.0.1:PORT", "-i tcp://127.0.0.1:PORT?listen=1", "m4a"),
      ("rtsp://127.0.0.1:PORT/x", "-rtsp_flags listen -i rtsp://127.0.0.1:PORT/x", "m4a"),
      // AAC as transport streams have it.
      ("rtmp://127.0.0.1:PORT/live/x", "-listen 1 -f flv -i rtmp://127.0.0.1:PORT/live/x", "aac"),
      ("rtsp://127.0.0.1:PORT/x", "-rtsp_flags listen -i rtsp://127.0.0.1:PORT/x", "aac"),
    ])
  func streams(url: String, receiver: String, soundFormat: String) throws {
    let port = try Port.free()
    let sound = folder.file("sound.\(soundFormat)")
    try shell("ffmpeg -v error -f lavfi -i sine=d=2 -c:a aac '\(sound)'")
    let (streams, packets) = try audioPackets(of: sound)
    let received = folder.file("received.mkv")
    let receiving = try Receiver(receiver.port(port), to: received)
    try Port.waitUntilListening(port)
    var writer = try writer(.overlay(url.port(port), isLive: true), audio: streams)
    var rest = packets[...]
    for number in 0..<50 {
      while let packet = rest.first, packet.seconds <= Double(number) / 25 {
        try writer.write(packet)
        rest.removeFirst()
      }
      try writer.write(picture(number))
    }
    try writer.finish()
    receiving.waitForEnd()
    #expect(try probe(received, "stream=codec_name,pix_fmt") == ["h264,yuv420p"])
    let times = try probe(received, "packet=pts_time").compactMap(Double.init)
    #expect(times.count == 50)
    let soundTimes = try probe(received, "packet=pts_time", stream: "a:0").compactMap(Double.init)
    #expect(soundTimes.count >= packets.count - 5)
    // Sound and pictures begin together, give or take AAC's priming; twice where it is encoded anew.
    let isEncodedAnew = url.hasPrefix("rtsp") && soundFormat == "aac"
    let distance = abs(try #require(times.first) - #require(soundTimes.first))
    #expect(distance < (isEncodedAnew ? 0.12 : 0.06))
  }

  @Test("an SRT receiver gets the stream to its end")
  func srt() throws {
    let port = try Port.free()
    let received = folder.file("received.mkv")
    let receiving = try Receiver("-i srt://127.0.0.1:PORT?mode=listener".port(port), to: received)
    // Nothing tells when a receiver of datagrams listens.
    usleep(1_000_000)
    var writer = try writer(.overlay("srt://127.0.0.1:\(port)", isLive: true))
    for number in 0..<50 { try writer.write(picture(number)) }
    try writer.finish()
    receiving.waitForEnd()
    #expect(try probe(received, "packet=pts").count == 50)
  }

  @Test("a UDP receiver gets the stream")
  func udp() throws {
    let port = try Port.free()
    let received = folder.file("received.mkv")
    let receiving = try Receiver(
      "-i udp://127.0.0.1:PORT?timeout=3000000".port(port), to: received)
    var writer = try writer(.overlay("udp://127.0.0.1:\(port)", isLive: true))
    // Nothing tells when a receiver of datagrams listens.
    usleep(500_000)
    for number in 0..<100 {
      try writer.write(picture(number))
      usleep(10_000)
    }
    try writer.finish()
    receiving.waitForEnd()
    #expect(try probe(received, "packet=pts").count >= 50)
  }

  @Test("a host where nobody listens fails before the first frame")
  func refused() throws {
    let url = "tcp://127.0.0.1:\(try Port.free())"
    let error = #expect(throws: MediaError.self) { _ = try writer(.overlay(url)) }
    #expect(error?.description == "\(url): cannot write: Connection refused")
  }

  @Test("a device that is none is refused")
  func noDevice() throws {
    var writer = try writer(.mask("/dev/video99"))
    let frame = try picture(0)
    let error = #expect(throws: MediaError.self) { try writer.write(frame) }
    let reason = "No such file or directory (Unable to open V4L2 device '/dev/video99')"
    #expect(error?.description == "/dev/video99: cannot write: \(reason)")
  }

  @Test("once an end is asked for, a receiver that takes nothing is given up after 5 seconds")
  func stalledReceiver() throws {
    let server = try Port.Listener()
    let interruption = Interruption()
    var writer = try writer(
      .overlay("tcp://127.0.0.1:\(server.port)", h264: H264Settings(crf: 0)),
      interruption: interruption)
    Thread.detachNewThread {
      usleep(1_000_000)
      interruption.stopReading()
    }
    let start = ContinuousClock.now
    let error = #expect(throws: MediaError.self) {
      for number in 0..<100_000 { try writer.write(OutputFailureTests.noise(number)) }
    }
    #expect(
      error?.reason == "cannot write: its reader has taken nothing for 5 s")
    #expect(ContinuousClock.now - start < .seconds(60))
  }
}

extension LiveOutputTests {
  @Test("a FIFO is opened when its reader comes, and gets every frame")
  func fifo() throws {
    let path = folder.file("masks.gray")
    try shell("mkfifo '\(path)'")
    let reader = Process()
    reader.executableURL = URL(fileURLWithPath: "/bin/bash")
    reader.arguments = ["-c", "sleep 0.5; exec cat '\(path)' >'\(folder.file("copy"))'"]
    try reader.run()
    var writer = try writer(.mask(path))
    for number in 0..<20 { try writer.write(StreamOutputTests.mask(number)) }
    try writer.finish()
    reader.waitUntilExit()
    let copy = try Data(contentsOf: URL(fileURLWithPath: folder.file("copy")))
    #expect(copy == Data((0..<20).flatMap { [UInt8](repeating: $0, count: 512) }))
  }

  @Test("a wait for a FIFO's reader ends when asked to")
  func fifoWithoutReader() throws {
    let path = folder.file("masks.gray")
    try shell("mkfifo '\(path)'")
    let interruption = Interruption()
    Thread.detachNewThread {
      usleep(300_000)
      interruption.stopReading()
    }
    let error = #expect(throws: MediaError.self) {
      _ = try writer(.mask(path), interruption: interruption)
    }
    #expect(error?.cause == .interrupted)
  }

  @Test("text is in the pipe once it is written, and a reader that has gone is a broken pipe")
  func text() throws {
    let pipe = try TestPipe()
    let output = try TextOutput("-", descriptor: pipe.input, interruption: Interruption())
    try output.write(line: "one")
    #expect(pipe.available() == Array("one\n".utf8))
    pipe.closeOutput()
    let error = #expect(throws: MediaError.self) { try output.write(line: "two") }
    #expect(error?.cause == .brokenPipe)
  }
}

extension String {
  fileprivate func port(_ port: UInt16) -> String {
    replacingOccurrences(of: "PORT", with: "\(port)")
  }
}

/// An ffmpeg that receives a stream into a file.
private final class Receiver {
  private let process = Process()

  init(_ input: String, to path: String) throws {
    process.executableURL = URL(fileURLWithPath: "/usr/bin/ffmpeg")
    process.arguments =
      ["-v", "fatal", "-y"] + input.split(separator: " ").map(String.init)
      + ["-c", "copy", "-copyts", path]
    process.standardInput = FileHandle.nullDevice
    try process.run()
  }

  deinit { if process.isRunning { process.terminate() } }

  /// Waits for ffmpeg's end, which comes with that of the stream.
  func waitForEnd() {
    let deadline = ContinuousClock.now + .seconds(30)
    while process.isRunning && ContinuousClock.now < deadline { usleep(20_000) }
    #expect(!process.isRunning, "the receiver does not end")
  }
}

/// Ports of the loopback interface.
private enum Port {
  /// A listening socket that takes a connection and never reads.
  final class Listener {
    let port: UInt16
    private let descriptor: Int32

    init() throws {
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      self.descriptor = descriptor
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let result = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
          [bind(descriptor, pointer, length), getsockname(descriptor, pointer, &length)]
        }
      }
      try #require(result == [0, 0] && listen(descriptor, 1) == 0)
      port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(descriptor) }
  }

  /// A port that nobody listens on.
  static func free() throws -> UInt16 { try Listener().port }

  static func waitUntilListening(_ port: UInt16) throws {
    let hexadecimal = String(port, radix: 16, uppercase: true)
    let address = ":" + String(repeating: "0", count: 4 - hexadecimal.count) + hexadecimal
    for _ in 0..<500 {
      let sockets = try String(contentsOfFile: "/proc/net/tcp", encoding: .utf8)
      // State 0A is LISTEN.
      if sockets.split(separator: "\n").contains(where: {
        $0.contains("\(address) 00000000:0000 0A")
      }) {
        return
      }
      usleep(20_000)
    }
    Issue.record("nobody listens on port \(port)")
  }
}
