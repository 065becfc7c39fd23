import Foundation
import Testing

/// Outputs of a live source: none waits for another, and the source waits for none.
@Suite(.timeLimit(.minutes(5))) struct LiveOutputsTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  private let bytesPerMask = 128 * 96
  // The network takes every frame, however loaded the machine is: this is about what comes after it.
  private let live = "csnstream - --live --input-size 64 --drop none"
  private var run: String { "exec \(live) --progress json" }

  /// Live video, 50 frames a second, as standard input; endless unless told how long it is.
  private func source(_ options: String = "") -> String {
    "< <(ffmpeg -v quiet -re -f lavfi -i testsrc2=size=128x96:rate=50 \(options)"
      + " -f nut -c:v rawvideo -)"
  }

  /// A reader that reads nothing.
  private let stalled = "> >(exec tail --pid=$$ -f /dev/null)"

  @Test("a reader that stops reading holds nobody up, and misses frames that are counted")
  func stoppedReader() throws {
    let command = try folder.start(
      "\(run) -o out.mp4 --mask - --on-output-error drop \(source()) \(stalled)")
    try command.waitForMessage { $0.contains(/"frame":([2-9]\d\d|\d{4})/) }
    command.send(SIGINT)
    let outcome = try command.wait(seconds: 30)
    #expect(outcome.status == 130)
    let warnings = outcome.messages.filter { $0.contains("standard output") }
    #expect(
      warnings.first == "csnstream: warning: standard output: is too slow; frames are left out")
    #expect(warnings.contains { $0.contains(/was too slow for \d+ of \d+ frames/) })
    #expect(warnings.contains { $0.contains("its reader has taken nothing for 5 s") })
    #expect(warnings.count == 3)
    #expect(try folder.probe("out.mp4", "packet=pts").count >= 200)
  }

  @Test("a live source that ends ends the run, even when nobody takes an output")
  func endWithStoppedReader() throws {
    let outcome = try folder.start(
      "\(run) -o out.mp4 --mask - \(source("-t 2")) \(stalled)"
    ).wait(seconds: 40)
    #expect(outcome.status == 1)
    #expect(
      outcome.messages.last
        == "csnstream: error: standard output: cannot write: there was no progress for 10 s")
    #expect(try folder.probe("out.mp4", "packet=pts").count == 100)
  }

  @Test("a reader that goes ends the run, or only itself", arguments: ["fail", "drop"])
  func readerGone(policy: String) throws {
    let outcome = try folder.run(
      "\(live) -o out.mp4 --mask - --on-output-error \(policy)"
        + " \(source("-t 2")) | head -c 20000 | wc -c; exit ${PIPESTATUS[0]}")
    let frames = try folder.probe("out.mp4", "packet=pts").count
    if policy == "drop" {
      #expect(outcome.status == 0)
      #expect(
        outcome.messages.contains(
          "csnstream: warning: standard output: its reader has gone; the other outputs go on"))
      #expect(frames == 100)
    } else {
      #expect(outcome.status == 141 && (1..<100).contains(frames))
    }
  }

  @Test("every output gets every frame as long as it keeps up, with sound in time")
  func complete() throws {
    let outcome = try folder.run(
      "\(live) -o out.mp4 -o list.m3u8 --mask m.gray --events e.ndjson"
        + " \(source("-f lavfi -i sine -c:a pcm_s16le -t 2"))")
    #expect(outcome.status == 0)
    #expect(!outcome.messages.contains { $0.contains("too slow") }, "\(outcome.messages)")
    #expect(try folder.probe("out.mp4", "packet=pts").count == 100)
    #expect(try folder.probe("list.m3u8", "packet=pts").count == 100)
    #expect(try folder.size("m.gray") == 100 * bytesPerMask)
    #expect(try folder.data("e.ndjson").count { $0 == UInt8(ascii: "\n") } == 100)
    for name in ["out.mp4", "list.m3u8"] {
      let first = { (stream: String) in
        try #require(
          folder.probe(name, "packet=pts_time", stream: stream).compactMap(Double.init).min())
      }
      // AAC begins with up to two frames of priming.
      #expect(try abs(first("v:0") - first("a:0")) < 0.05, "\(name)")
    }
  }

  @Test("a live MP4 plays after SIGKILL, without asking for fragments")
  func killed() throws {
    let command = try folder.start("\(run) -o out.mp4 \(source())")
    try command.waitForMessage { $0.contains(/"seconds":([3-9]|\d\d)/) }
    command.send(SIGKILL)
    #expect(try command.wait().status == 128 + SIGKILL)
    #expect(try folder.probe("out.mp4", "packet=pts").count >= 50)
    #expect(try folder.probe("out.mp4", "stream=has_b_frames") == ["0"])
  }
}
