import Foundation
import Testing

@Suite(.timeLimit(.minutes(5))) struct ProbeTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  private func probe(_ arguments: String) throws -> [String: Any] {
    let text = try folder.check("csnstream probe --json \(arguments)")
    return try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test("tells what a file is and what run would do with it") func file() throws {
    try folder.makeVideoWithSound("in.mp4")
    let description = try probe("in.mp4")
    #expect(description["live"] as? Bool == false)
    #expect(description["frames"] as? Int == 30)
    let video = try #require(description["video"] as? [String: Any])
    #expect(video["codec"] as? String == "h264" && video["size"] as? String == "128x96")
    #expect(video["fps"] as? Double == 25)
    let audio = try #require(description["audio"] as? [[String: Any]])
    #expect(audio.count == 1 && audio.first?["codec"] as? String == "aac")
    let run = try #require(description["run"] as? [String: Any])
    #expect(run["overlay"] as? String == "in_overlay.mp4")
    #expect(run["emit"] as? String == "final" && run["drop"] as? String == "none")
    #expect(run["network_size"] as? String == "352x256")
  }

  @Test("tells that a camera is live") func live() throws {
    let description = try probe("lavfi:testsrc=size=320x240:rate=25")
    #expect(description["live"] as? Bool == true && description["duration_seconds"] == nil)
    let run = try #require(description["run"] as? [String: Any])
    #expect(run["emit"] as? String == "first" && run["drop"] as? String == "latest")
    #expect(run["overlay"] as? String == "lavfi_overlay.mp4")
  }

  @Test("tells whether it would be opened again") func reconnecting() throws {
    for (options, expected) in [("", false), ("--reconnect 3", true), ("--reconnect off", false)] {
      let run = try #require(
        try probe("lavfi:testsrc=size=64x64:rate=25 \(options)")["run"] as? [String: Any])
      #expect(run["reconnects"] as? Bool == expected)
    }
  }

  @Test("a signal ends the wait for input that does not come") func signal() throws {
    try folder.check("mkfifo fifo")
    let command = try folder.start("exec csnstream probe fifo")
    usleep(1_000_000)
    command.send(SIGINT)
    let outcome = try command.wait(seconds: 10)
    #expect(outcome.status == 130 && outcome.messages == [])
  }

  @Test("prints the same for people") func text() throws {
    try folder.makeVideo("in.mp4", options: "-c:v libx264 -pix_fmt yuv420p")
    let text = try folder.check("csnstream probe in.mp4")
    #expect(text.contains("video      h264, 128x96, yuv420p, 25.000 fps"))
    #expect(text.contains("writes     in_overlay.mp4"))
  }

  @Test("an input that cannot be read is one line of error") func error() throws {
    #expect(try folder.run("csnstream probe none.mp4").isOneError(saying: "none.mp4: no such file"))
  }
}
