import Foundation
import Testing

/// A camera's server: GStreamer's, started, killed, restarted and stopped by the tests.
@Suite(.timeLimit(.minutes(5))) struct RTSPTests {
  private let folder: TestFolder
  private let port = Int.random(in: 20000..<30000)

  init() throws {
    folder = try TestFolder()
    try folder.makeVideo("in.mp4")
  }

  /// - Parameter loss: the share of packets that never arrive.
  private func startServer(loss: Double = 0) throws -> RunningCommand {
    try folder.startScript("rtsp_server.py", "\(port) in.mp4 \(loss)")
  }

  private func startRun(_ options: String = "") throws -> RunningCommand {
    try folder.start(
      "exec csnstream rtsp://user:secret@127.0.0.1:\(port)/clip --mask masks.mkv --input-size 64"
        + " --timeout 3 --reconnect-delay 0.1 --stats stats.json --progress json \(options)")
  }

  /// Ends the run by SIGINT; returns how often it connected again. Masks are in order of time.
  private func finish(_ run: RunningCommand) throws -> Int {
    run.send(SIGINT)
    let outcome = try run.wait()
    #expect(outcome.status == 130)
    #expect(!outcome.messages.contains { $0.contains("secret") })
    let times = try folder.probe("masks.mkv", "packet=pts_time").compactMap(Double.init)
    #expect(times.count >= 25)
    #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
    struct Statistics: Decodable { let reconnects: Int }
    return try JSONDecoder().decode(Statistics.self, from: folder.data("stats.json")).reconnects
  }

  private func waitForFrames(_ run: RunningCommand) throws {
    try run.waitForMessage { $0.contains(/"frame":([3-9]\d|\d{3})/) }
  }

  @Test("a server's pictures are segmented until SIGINT")
  func plays() throws {
    let server = try startServer()
    let run = try startRun()
    try waitForFrames(run)
    #expect(try finish(run) == 0)
    server.send(SIGKILL)
  }

  @Test("a server that is killed and comes back is waited for")
  func killed() throws {
    let first = try startServer()
    let run = try startRun()
    try waitForFrames(run)
    first.send(SIGKILL)
    try run.waitForMessage { $0.contains("opening it again") }
    let second = try startServer()
    try run.waitForMessage { $0.contains("is open again") }
    #expect(try finish(run) >= 1)
    second.send(SIGKILL)
  }

  @Test("a server that falls silent is left, and opened again when it answers")
  func silent() throws {
    let server = try startServer()
    let run = try startRun()
    try waitForFrames(run)
    server.send(SIGSTOP)
    try run.waitForMessage { $0.contains("opening it again") }
    server.send(SIGCONT)
    try run.waitForMessage { $0.contains("is open again") }
    #expect(try finish(run) >= 1)
    server.send(SIGKILL)
  }

  @Test("packets that get lost do not end a run", arguments: ["udp", "tcp"])
  func loss(transport: String) throws {
    let server = try startServer(loss: 0.05)
    let run = try startRun("--rtsp-transport \(transport)")
    try run.waitForMessage { $0.contains(/"frame":\d{3}/) }
    #expect(try finish(run) == 0)
    server.send(SIGKILL)
  }
}
