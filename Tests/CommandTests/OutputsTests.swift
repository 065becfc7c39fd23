import Foundation
import Testing

/// Several outputs, outputs that break, and readers that stop reading.
@Suite(.timeLimit(.minutes(5))) struct OutputsTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  private let bytesPerMask = 128 * 96
  /// Video without end, 50 frames a second, as standard input.
  private let endless =
    "< <(ffmpeg -v quiet -re -f lavfi -i testsrc2=size=128x96:rate=50 -f nut -c:v rawvideo -)"

  @Test("every output holds every frame when several are written at once")
  func several() throws {
    try folder.makeVideoWithSound("in.mp4")
    let outcome = try folder.run(
      "csnstream in.mp4 --input-size 64 -o a.mp4 -o b.mkv -o hls.m3u8 --mask m.gray --mask m.mkv"
        + " --events -")
    #expect(outcome.status == 0)
    for name in ["a.mp4", "b.mkv", "m.mkv", "hls.m3u8"] {
      #expect(try folder.probe(name, "packet=pts").count == 30, "\(name)")
    }
    #expect(try folder.probe("hls.m3u8", "stream=codec_name", stream: "a:0").first == "aac")
    #expect(try folder.size("m.gray") == 30 * bytesPerMask)
    let events = outcome.text.split(separator: "\n")
    #expect(events.count == 30)
    #expect(events[29].hasPrefix(#"{"frame":29,"pts":1.160000,"area":"#))
  }

  @Test("events tell the area that the masks have")
  func eventArea() throws {
    try folder.makeVideo("in.mp4")
    let outcome = try folder.run(
      "csnstream in.mp4 --input-size 96 \(folder.makeUpLite()) --events - --mask m.gray")
    let masks = try folder.data("m.gray")
    #expect(Set(masks) == [0, 255])
    let areas = try outcome.text.split(separator: "\n").map { line in
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      return try #require(object?["area"] as? Double)
    }
    #expect(areas.count == 30)
    for (index, area) in areas.enumerated() {
      let mask = masks[index * bytesPerMask..<(index + 1) * bytesPerMask]
      let share = Double(mask.count { $0 == 255 }) / Double(bytesPerMask)
      #expect(abs(area - share) < 0.00001)
    }
  }

  @Test(
    "AAC of transport streams can be decoded wherever it is copied to",
    arguments: ["-o out.m3u8", "-o out.mp4", "-o out.mkv", "-o - --overlay-format nut >out.nut"])
  func transportedSound(output: String) throws {
    try folder.makeVideoWithSound("in.mp4")
    try folder.check("ffmpeg -v error -i in.mp4 -c copy in.ts")
    try folder.check("csnstream in.ts --input-size 64 \(output)")
    #expect(try folder.check("ffmpeg -v error -i out.* -map 0:a -f null - 2>&1") == "")
    let packets = try folder.check("ffprobe -v error -select_streams a -show_packets out.* | wc -l")
    #expect(packets != "0\n")
  }

  @Test("sound and pictures keep their distance", arguments: ["out.mp4", "out.mkv", "out.m3u8"])
  func soundInTime(name: String) throws {
    // The sound begins 0.4 s after the pictures.
    try folder.makeVideo(
      "in.mkv",
      options: "-itsoffset 0.4 -f lavfi -i sine=duration=0.8 -c:v libx264 -preset ultrafast"
        + " -c:a aac")
    try folder.check("csnstream in.mkv --input-size 64 -o \(name)")
    let distance = { (name: String) in
      let picture = try folder.probe(name, "packet=pts_time").compactMap(Double.init).min()
      let sound = try folder.probe(name, "packet=pts_time", stream: "a:0").compactMap(Double.init)
      return try #require(sound.min()) - #require(picture)
    }
    #expect(try abs(distance(name) - distance("in.mkv")) < 0.002)
  }

  @Test("a reader that goes ends the run, or only itself", arguments: ["fail", "drop"])
  func readerGone(policy: String) throws {
    try folder.makeVideo("in.mp4")
    let outcome = try folder.run(
      "csnstream in.mp4 --input-size 64 -o out.mp4 --mask - --on-output-error \(policy)"
        + " | head -c 20000 | wc -c; exit ${PIPESTATUS[0]}")
    let messages = outcome.messages.filter { !$0.hasPrefix("csnstream: lite on ") }
    let frames = try folder.probe("out.mp4", "packet=pts").count
    if policy == "drop" {
      #expect(outcome.status == 0)
      #expect(
        messages == [
          "csnstream: warning: standard output: its reader has gone; the other outputs go on"
        ])
      #expect(frames == 30)
    } else {
      #expect(outcome.status == 141 && messages == [] && (1..<30).contains(frames))
    }
  }

  @Test("a disk that is full ends the run, or only that output", arguments: ["fail", "drop"])
  func fullDevice(policy: String) throws {
    try folder.makeVideo("in.mp4")
    let outcome = try folder.run(
      "csnstream in.mp4 --input-size 64 -o out.mp4 --mask - --on-output-error \(policy) >/dev/full")
    #expect(outcome.status == (policy == "drop" ? 0 : 1))
    #expect(
      outcome.messages.contains { $0.contains("standard output") && $0.contains("No space left") })
    #expect(try (folder.probe("out.mp4", "packet=pts").count == 30) == (policy == "drop"))
  }

  @Test("a signal ends a run whose output nobody takes, and keeps the others")
  func stoppedReader() throws {
    let command = try folder.start(
      "exec csnstream - --input-size 64 -o out.mp4 --mask - \(endless)"
        + " > >(exec tail --pid=$$ -f /dev/null)")
    try command.waitForMessage { $0.contains("lite on") }
    usleep(2_000_000)
    command.send(SIGINT)
    let outcome = try command.wait(seconds: 20)
    #expect(outcome.status == 130)
    #expect(
      outcome.messages.last
        == "csnstream: error: standard output: cannot write: its reader has taken nothing for 5 s")
    #expect(try folder.probe("out.mp4", "packet=pts").count > 0)
  }

  @Test(
    "a mask is in the pipe as soon as it is made, while the source is silent",
    arguments: ["gray", "y4m"])
  func flushed(format: String) throws {
    // Thirteen pictures are two clips with --emit first: all masks are due. Then nothing comes.
    let command = try folder.start(
      "exec csnstream - --size 128x96 --fps 25 --pix-fmt yuv420p --input-size 64 --emit first"
        + " --mask - --format \(format)"
        + " < <(ffmpeg -v quiet -f lavfi -i testsrc2=size=128x96:rate=25 -frames:v 13 -f rawvideo"
        + " -pix_fmt yuv420p -; exec tail --pid=$$ -f /dev/null)")
    try command.waitForOutput(bytes: 13 * bytesPerMask)
    command.send(SIGINT)
    #expect(try command.wait(seconds: 10).output.count >= 13 * bytesPerMask)
  }

  /// What the device is: Tests/Support/fake_loopback.c.
  @Test("a v4l2loopback device gets bare pictures and masks", arguments: ["-o", "--mask"])
  func loopbackDevice(option: String) throws {
    let support = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Support").path
    try folder.check("clang -shared -fPIC -o loopback.so '\(support)/fake_loopback.c' -ldl")
    try folder.makeVideoWithSound("in.mp4")
    try folder.check(
      "LD_PRELOAD=$PWD/loopback.so FAKE_LOOPBACK=$PWD/device csnstream in.mp4 --input-size 64"
        + " --opacity 0 \(folder.makeUpLite()) \(option) /dev/video9")
    let device = try folder.data("device")
    let pictureBytes = bytesPerMask * 3 / 2
    #expect(device.count == 30 * pictureBytes)
    if option == "-o" {
      try folder.check("ffmpeg -v error -i in.mp4 -an -pix_fmt yuv420p -f rawvideo wanted")
      let differences = zip(device, try folder.data("wanted")).map { abs(Int($0) - Int($1)) }
      #expect(try #require(differences.max()) <= 1)
    } else {
      let samples = Set(
        stride(from: 0, to: device.count, by: pictureBytes).flatMap { start in
          device[start..<start + bytesPerMask]
        })
      #expect(samples == [16, 235])
    }
  }

  @Test("a stream that nobody takes is refused before a frame is read")
  func refusedStream() throws {
    try folder.makeVideo("in.mp4")
    for (url, shown) in [
      ("rtmp://127.0.0.1:9/live/secret", "rtmp://127.0.0.1:9/live/***"),
      ("tcp://127.0.0.1:9", "tcp://127.0.0.1:9"),
    ] {
      let outcome = try folder.run("csnstream in.mp4 --input-size 64 -o \(url)")
      #expect(outcome.status == 1)
      #expect(outcome.isOneError(saying: shown, "Connection refused"), "\(outcome.messages)")
    }
  }

  @Test("only one output can be standard output")
  func oneStandardOutput() throws {
    try folder.makeVideo("in.mp4")
    for options in ["-o - --mask -", "--mask - --events -", "-o - -o -"] {
      let outcome = try folder.run("csnstream in.mp4 \(options)")
      #expect(outcome.status == 64)
      #expect(outcome.messages.joined().contains("only one output can be standard output"))
    }
  }
}
