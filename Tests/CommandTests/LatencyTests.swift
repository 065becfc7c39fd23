import Foundation
import Testing

/// How late masks are, seen from outside and without a clock: the next frame goes in only when the
/// masks that are due have come out.
@Suite(.timeLimit(.minutes(5))) struct LatencyTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  private let bytesPerMask = 128 * 96

  /// The paper bounds the lateness by T_c − T_o − 1 for `first`; an average over all clips takes up to
  /// T_c − 1.
  @Test(
    "once k frames are in, and those are a clip or more, k less the bound masks are out, in order",
    arguments: [
      ("first", 8, 3), ("first", 8, 0), ("first", 5, 4), ("final", 8, 3), ("final", 6, 4),
    ])
  func bound(emission: String, clipLength: Int, overlap: Int) throws {
    let bound = emission == "first" ? clipLength - overlap - 1 : clipLength - 1
    let run =
      "csnstream - --input-size 64 --clip-length \(clipLength) --overlap \(overlap)"
      + " --emit \(emission) --mask - --format gray --soft"
    let video = try Y4M(frameCount: 40, in: folder)
    let expected = try folder.run("\(run) <frames.y4m").output
    let masks = (0..<40).map { expected.dropFirst($0 * bytesPerMask).prefix(bytesPerMask) }
    #expect(Set(masks).count == 40, "masks can be told apart")

    var input: FIFO? = try FIFO(folder.file("in"))
    let output = try FIFO(folder.file("out"))
    let command = try folder.start("exec \(run) <in >out")
    try input?.write(video.header)
    var received = Data()
    for (index, frame) in video.frames.enumerated() {
      try input?.write(frame)
      let due = index + 1 < clipLength ? 0 : index + 1 - bound
      received += try output.read(due * bytesPerMask - received.count)
    }
    // Its end.
    input = nil
    received += try output.read(40 * bytesPerMask - received.count)
    #expect(try command.wait().status == 0)
    #expect(output.readSome(1, seconds: 0).isEmpty)
    #expect(received == expected)
  }

  @Test(
    "neither demuxer nor decoder holds frames of a live stream back", arguments: ["nut", "flv"])
  func compressed(format: String) throws {
    let video = try Y4M(frameCount: 120, in: folder)
    let input = try FIFO(folder.file("in"))
    let output = try FIFO(folder.file("out"))
    // The encoder of a camera: each frame leaves it before the next one comes.
    let command = try folder.start(
      "exec csnstream - --live --drop none --input-size 64 --emit first --mask masks.gray --events -"
        + " >out < <(exec ffmpeg -v error -probesize 32 -f yuv4mpegpipe -i in -c:v libx264"
        + " -tune zerolatency -g 10 -fps_mode passthrough -flush_packets 1 -f \(format) -)")
    try input.write(video.header)
    var emitted = 0
    for (index, frame) in video.frames.enumerated() {
      try input.write(frame)
      // Finding out about the stream takes up to two seconds of it. T_c 8, T_o 3.
      let due = index < 75 ? 0 : index + 1 - 4
      while emitted < due {
        #expect(try output.readLine().hasPrefix(#"{"frame":\#(emitted),"#))
        emitted += 1
      }
    }
    command.send(SIGINT)
    #expect(try command.wait().status == 130)
  }
}
