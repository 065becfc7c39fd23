import Foundation
import Testing

/// Sound, pictures and times that pause, jump or are missing.
@Suite(.timeLimit(.minutes(5))) struct GapTests {
  private let folder: TestFolder
  private let run = "csnstream --input-size 64"
  private let pictures = "-f lavfi -i testsrc2=size=64x48:rate=25"
  private let h264 = "-c:v libx264 -preset ultrafast -qp 0"

  init() throws { folder = try TestFolder() }

  private func lastTime(_ name: String, stream: String) throws -> Double {
    try #require(
      folder.probe(name, "packet=pts_time", stream: stream).compactMap(Double.init).max())
  }

  @Test("sound that pauses stays in step with the pictures")
  func pauseOfSound() throws {
    try folder.check(
      """
      ffmpeg -v error \(pictures):duration=20 -f lavfi -i sine=duration=20 \
        -af "aselect='not(between(t,3,15))'" \(h264) -c:a mp2 in.ts
      """)
    try folder.check("\(run) in.ts -o out.mkv")
    #expect(abs(try lastTime("out.mkv", stream: "v:0") - 20) < 0.2)
    #expect(abs(try lastTime("out.mkv", stream: "a:0") - 20) < 0.2)
  }

  @Test("hours without sound are not made into silence where it is converted")
  func hoursWithoutSound() throws {
    try folder.check(
      """
      ffmpeg -v error \(pictures):duration=2 -f lavfi -i sine=duration=2:sample_rate=8000 \
        -af "asetpts='PTS+if(gt(T,1),9000/TB,0)'" \(h264) -c:a pcm_s16le in.mkv
      """)
    try folder.check("\(run) in.mkv -o out.mp4")
    #expect(try (10..<100).contains(folder.probe("out.mp4", "packet=pts", stream: "a:0").count))
    #expect(try lastTime("out.mp4", stream: "a:0") > 9000)
  }

  @Test("a fragmented MP4 does not wait for sound that never comes")
  func silentStream() throws {
    try folder.check(
      """
      ffmpeg -v error \(pictures):duration=30 -f lavfi -i sine=duration=1 \
        -filter_complex '[1:a]adelay=29000,aselect=gt(t\\,29)[a]' -map 0:v -map '[a]' \(h264) \
        -c:a aac in.mkv
      """)
    let command = try folder.start("exec \(run) in.mkv --realtime -o out.mp4 --progress json")
    try command.waitForMessage { $0.contains(/"frame":([7-9]\d|\d{3})/) }
    command.send(SIGKILL)
    _ = try command.wait()
    #expect(try folder.probe("out.mp4", "packet=pts").count >= 25)
  }

  @Test("sound alone does not keep a live source that shows nothing")
  func soundWithoutPictures() throws {
    let outcome = try folder.run(
      """
      ffmpeg -v quiet -re \(pictures):duration=1 -re -f lavfi -i sine=duration=30 \(h264) -c:a mp2 \
        -f mpegts - | \(run) - --live --timeout 2 -o out.mkv; exit ${PIPESTATUS[1]}
      """)
    #expect(outcome.status == 1)
    #expect(outcome.messages.last?.contains("sent nothing for 2.0 s") == true)
  }

  @Test("packets that claim to last for ages are no reason to stop")
  func absurdDurations() throws {
    try folder.check(
      "ffmpeg -v error \(pictures):duration=8 \(h264) -bsf:v setts=duration=50000000000000000 in.mkv"
    )
    try folder.check("\(run) - --live --drop none --mask masks.gray <in.mkv")
    #expect(try folder.size("masks.gray") == 200 * 64 * 48)
  }

  @Test("the end asked for comes though the source is away, and without an error")
  func endWhileAway() throws {
    let port = Int.random(in: 20000..<30000)
    let server = try folder.start(
      "ffmpeg -v error -re \(pictures):duration=1 \(h264) -f mpegts 'tcp://127.0.0.1:\(port)?listen=1'"
    )
    let outcome = try folder.run(
      "\(run) tcp://127.0.0.1:\(port) --reconnect 20 --reconnect-delay 0.2 --duration 2 --mask m.mkv"
    )
    _ = try server.wait()
    #expect(outcome.status == 0, "\(outcome.messages)")
  }

  @Test("damage is told at the end that was asked for, though the source could be opened again")
  func damageBeforeEnd() throws {
    let port = Int.random(in: 20000..<30000)
    let server = try folder.start(
      """
      ffmpeg -v quiet \(pictures):duration=4 \(h264) -g 10 in.ts; \
      ffmpeg -v quiet -re -i in.ts -c copy -bsf:v "noise=amount='if(between(n,20,40),20,0)'" \
        -f mpegts 'tcp://127.0.0.1:\(port)?listen=1'
      """)
    let outcome = try folder.run(
      """
      \(run) tcp://127.0.0.1:\(port) --reconnect 20 --reconnect-delay 0.2 --drop none \
        --duration 2 --mask m.mkv
      """)
    _ = try server.wait()
    #expect(outcome.status == 1)
    #expect(outcome.messages.last?.contains("is damaged") == true)
    #expect(!outcome.messages.contains { $0.contains("again") && $0.contains("damaged") })
  }

  @Test("SIGINT ends the wait for a source that has never been there")
  func interruptedWait() throws {
    let command = try folder.start("exec \(run) missing.mp4 --reconnect forever --mask m.mkv")
    try command.waitForMessage { $0.contains("trying again") }
    command.send(SIGINT)
    #expect(try command.wait(seconds: 10).status == 130)
    #expect(try command.wait().messages.count < 5)
  }

  @Test("masks are as late as their output writes them")
  func slowReader() throws {
    let outcome = try folder.run(
      """
      \(run) lavfi:testsrc2=size=640x480:rate=25 --duration 4 --mask - --max-latency 1500 \
        --stats stats.json | while head -c 307200 | grep -q .; do sleep 0.3; done
      exit ${PIPESTATUS[0]}
      """)
    #expect(outcome.status == 3)
    struct Statistics: Decodable {
      struct Latency: Decodable { let max: Double }
      let latency_ms: Latency
      let left_out: Int
    }
    let statistics = try JSONDecoder().decode(Statistics.self, from: folder.data("stats.json"))
    #expect(statistics.latency_ms.max > 1500 && statistics.left_out > 0)
  }
}
