import Foundation
import Testing

@Suite(.timeLimit(.minutes(5))) struct SignalTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  /// Video without end, 50 frames a second, as standard input.
  private let endless =
    "< <(ffmpeg -v quiet -re -f lavfi -i testsrc2=size=128x96:rate=50 -f nut -c:v rawvideo -)"
  /// A pipe that nothing comes out of until the program has ended.
  private let blocked = "< <(exec tail --pid=$$ -f /dev/null)"
  private let run = "exec csnstream - --input-size 64 --progress json"

  private func started(_ options: String) throws -> RunningCommand {
    let command = try folder.start("\(run) \(options) \(endless)")
    try command.waitForMessage { $0.contains("\"frame\":") }
    return command
  }

  @Test(
    "the first signal finishes the files",
    arguments: [(SIGINT, 130), (SIGTERM, 143), (SIGHUP, 129)] as [(Int32, Int32)])
  func first(signal: Int32, status: Int32) throws {
    let command = try started("-o out.mp4 --mask masks.gray --stats stats.json")
    command.send(signal)
    let outcome = try command.wait()
    #expect(outcome.status == status)
    #expect(!outcome.messages.contains { $0.contains("error") })
    let frames = try folder.frameSums("out.mp4").count
    #expect(frames > 0)
    #expect(try folder.size("masks.gray") == frames * 128 * 96)
    let stats = try #require(
      JSONSerialization.jsonObject(with: folder.data("stats.json")) as? [String: Any])
    #expect(stats["frames_in"] as? Int == frames && stats["frames_out"] as? Int == frames)
  }

  @Test("a signal while the network is made ready leaves a file that was to be replaced")
  func whileStarting() throws {
    try folder.makeVideo("in.mp4", source: "size=854x480:rate=25:duration=0.4")
    try folder.check("echo precious >out.mp4")
    // Clips are large and nothing is cached: making it ready takes seconds.
    let command = try folder.start(
      "XDG_CACHE_HOME=$PWD/cache exec csnstream in.mp4 --input-size 480 -o out.mp4 -y")
    usleep(1_000_000)
    command.send(SIGINT)
    let outcome = try command.wait()
    #expect(outcome.status == 130)
    #expect(outcome.messages == [])
    #expect(try folder.data("out.mp4") == Data("precious\n".utf8))
  }

  @Test("nohup is obeyed") func nohup() throws {
    try folder.makeVideo("in.mp4", source: "size=128x96:rate=50:duration=1")
    let command = try folder.start(
      "exec nohup csnstream in.mp4 --realtime --input-size 64 --progress json --mask m.gray")
    try command.waitForMessage { $0.contains("\"frame\":") }
    command.send(SIGHUP)
    #expect(try command.wait().status == 0)
  }

  @Test("the second signal ends at once, even when nobody takes the output")
  func second() throws {
    let command = try folder.start(
      "\(run) --mask - \(endless) > >(exec tail --pid=$$ -f /dev/null)")
    try command.waitForMessage { $0.contains("lite on") }
    // Until the pipe is full, and until the first signal has had its effect.
    usleep(2_000_000)
    command.send(SIGINT)
    usleep(1_000_000)
    #expect(command.isRunning)
    command.send(SIGINT)
    #expect(try command.wait(seconds: 10).status == 130)
  }

  @Test("a signal ends the wait for input that does not come")
  func blockedInput() throws {
    let command = try folder.start("\(run) -o out.mp4 \(blocked)")
    usleep(1_000_000)
    command.send(SIGINT)
    let outcome = try command.wait(seconds: 10)
    #expect(outcome.status == 130)
    #expect(outcome.messages == [])
  }

  @Test("a reader that has seen enough ends the program quietly")
  func brokenPipe() throws {
    for options in ["--mask -", "--mask - --format gray", "-o - --overlay-format nut"] {
      let outcome = try folder.run(
        "csnstream - --input-size 64 \(options) \(endless) | head -c 20000 | wc -c;"
          + " exit ${PIPESTATUS[0]}")
      #expect(outcome.status == 141)
      #expect(outcome.text == "20000\n")
      #expect(outcome.messages.filter { !$0.hasPrefix("csnstream: lite on ") } == [])
    }
  }

  @Test("a fragmented MP4 plays after SIGKILL")
  func killed() throws {
    let command = try started("-o out.mp4 --fragmented --crf 0 --opacity 0")
    // A fragment is a second long, and the encoder holds some frames back.
    try command.waitForMessage { $0.contains(/"seconds":([3-9]|\d\d)/) }
    command.send(SIGKILL)
    #expect(try command.wait().status == 128 + SIGKILL)
    try folder.makeVideo("first.mp4", source: "size=128x96:rate=50:duration=1")
    #expect(
      try folder.frameSums("out.mp4", options: "-frames:v 50") == folder.frameSums("first.mp4"))
  }
}
