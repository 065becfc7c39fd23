import Foundation
import Testing

/// Streams over the protocols of libavformat, on loopback, also as a bad network delivers them.
@Suite(.timeLimit(.minutes(5))) struct NetworkTests {
  private let folder: TestFolder
  private let port = Int.random(in: 20000..<30000)

  init() throws { folder = try TestFolder() }

  private struct Statistics: Decodable {
    let frames_in: Int
    let frames_out: Int
    let dropped: Int
  }

  private func statistics() throws -> Statistics {
    try JSONDecoder().decode(Statistics.self, from: folder.data("stats.json"))
  }

  /// The times of the masks, which have to increase.
  private func times() throws -> [Double] {
    let times = try folder.probe("masks.mkv", "packet=pts_time").compactMap(Double.init)
    #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
    return times
  }

  /// A server of the folder's files, which knows no ranges.
  private func startServer() throws -> RunningCommand {
    let server = try folder.start("exec python3 -m http.server \(port) --bind 127.0.0.1")
    try folder.check("until (exec 3<>/dev/tcp/127.0.0.1/\(port)) 2>&-; do sleep 0.05; done")
    return server
  }

  private let run =
    "csnstream --mask masks.mkv --input-size 64 --stats stats.json --timeout 3 --drop none"

  @Test("a stream whose packets are late, out of order and not all there is segmented")
  func badNetwork() throws {
    try folder.check(
      "ffmpeg -v error -f lavfi -i testsrc2=size=320x240:rate=25:duration=6 -c:v libx264"
        + " -preset ultrafast -tune zerolatency -g 25 -bsf:v dump_extra in.ts")
    let proxy = try folder.startScript("lossy_proxy.py", "\(port) \(port + 1) 0.03 0.1 0.004")
    let command = try folder.start(
      "exec \(run) udp://127.0.0.1:\(port + 1) --reconnect off --progress json")
    usleep(300_000)
    try folder.check(
      "ffmpeg -v error -re -i in.ts -c copy -f mpegts 'udp://127.0.0.1:\(port)?pkt_size=1316'")
    let outcome = try command.wait()
    proxy.send(SIGKILL)
    // UDP has no end.
    #expect(outcome.status == 1)
    #expect(outcome.messages.last?.contains("sent nothing for 3.0 s") == true)
    let statistics = try statistics()
    #expect(statistics.dropped == 0 && statistics.frames_in == statistics.frames_out)
    let times = try times()
    #expect(times.count == statistics.frames_out)
    #expect(times.count > 100 && (4..<6.5).contains(times.last ?? 0))
  }

  @Test("SRT is read; its end is a loss, which is told")
  func srt() throws {
    try folder.makeVideo("in.ts", source: "size=64x48:rate=25:duration=3")
    let server = try folder.start(
      "ffmpeg -v error -re -i in.ts -c copy -f mpegts 'srt://127.0.0.1:\(port)?mode=listener'")
    let outcome = try folder.run(
      "\(run) srt://127.0.0.1:\(port) --reconnect 3 --reconnect-delay 0.1")
    #expect(try server.wait().status == 0)
    #expect(outcome.status == 1)
    #expect(outcome.messages.contains { $0.contains("srt://127.0.0.1:\(port): was lost") })
    #expect(try times().count > 60)
  }

  @Test("live HLS is read at its own pace, and loses no frames where the network keeps up")
  func liveHLS() throws {
    try folder.makeVideo("in.mp4", source: "size=64x48:rate=25:duration=30")
    let server = try startServer()
    let source = try folder.start(
      "exec ffmpeg -v error -re -i in.mp4 -c copy -f hls -hls_time 1 -hls_list_size 4 live.m3u8")
    while !folder.exists("live.m3u8") { usleep(50_000) }
    let command = try folder.start(
      "exec csnstream http://127.0.0.1:\(port)/live.m3u8 --mask masks.mkv --input-size 64"
        + " --stats stats.json --progress json")
    try command.waitForMessage { $0.contains(/"frame":\d{3}/) }
    command.send(SIGINT)
    #expect(try command.wait().status == 130)
    for running in [source, server] { running.send(SIGKILL) }
    let statistics = try statistics()
    #expect(statistics.dropped < statistics.frames_in / 5)
    #expect(try times().count == statistics.frames_out)
  }

  @Test("an MP4 whose index is at its end cannot be read from a server without ranges")
  func indexAtEnd() throws {
    try folder.makeVideo("in.mp4", source: "size=320x240:rate=25:duration=4")
    let server = try startServer()
    let outcome = try folder.run("csnstream http://127.0.0.1:\(port)/in.mp4 --mask masks.gray")
    server.send(SIGKILL)
    #expect(outcome.status == 1)
    #expect(outcome.isOneError(saying: "in.mp4", "index at the end", "+faststart"))
  }
}
