import Foundation
import Testing

/// Cameras and servers that come and go. What the camera is: Tests/Support/fake_camera.c.
@Suite(.timeLimit(.minutes(5))) struct LiveSourceTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  private let support = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../Support").standardized.path
  // The network takes every frame, however loaded the machine is.
  private let run =
    "csnstream --input-size 64 --drop none --mask masks.gray --reconnect-delay 0.1"

  /// Starts a command that sees the camera.
  private func withCamera(_ settings: String, _ command: String) throws -> RunningCommand {
    try folder.check("clang -shared -fPIC -o camera.so '\(support)/fake_camera.c' -ldl")
    // Only the command itself is to see it, and to get the signals.
    return try folder.start(
      "exec env LD_PRELOAD=\"$PWD/camera.so\" \(settings) $(type -P csnstream) \(command)")
  }

  @Test("a camera gives pictures of the size asked for")
  func camera() throws {
    let command = try withCamera(
      "", "/dev/video0 --size 64x48 --pix-fmt yuyv422 --duration 1 --input-size 64 -o out.mkv")
    let outcome = try command.wait()
    #expect(outcome.status == 0 && outcome.messages.count == 1, "\(outcome.messages)")
    #expect(try folder.probe("out.mkv", "stream=width,height") == ["64,48"])
    let times = try folder.probe("out.mkv", "packet=pts_time").compactMap(Double.init)
    #expect(times.count > 2 && (times.last ?? 2) < 1.01)
  }

  @Test("probe tells what a camera is")
  func probe() throws {
    let text = try withCamera("", "probe /dev/video0 --fps 25").wait().text
    #expect(text.contains("live       yes"))
    #expect(text.contains("rawvideo, 320x240, yuyv422, 25.000 fps"))
    #expect(text.contains("opened again when lost"))
  }

  @Test(
    "a camera that hangs or vanishes is opened again, and the run goes on",
    arguments: [
      ("FAKE_CAMERA_STALLS=20", "sent nothing for 0.5 s"),
      ("FAKE_CAMERA_VANISHES=20", "No such device"),
    ])
  func lostCamera(setting: String, reason: String) throws {
    let command = try withCamera(
      setting,
      "/dev/video0 --size 64x48 --timeout 0.5 --input-size 64 --reconnect-delay 0.1"
        + " --mask masks.gray")
    try command.waitForMessage { $0.contains("/dev/video0") && $0.contains(reason) }
    try command.waitForMessage { $0.contains("/dev/video0: is open again") }
    command.send(SIGINT)
    let outcome = try command.wait()
    #expect(outcome.status == 130)
    #expect(!outcome.messages.contains { $0.contains("error:") })
    #expect(try folder.size("masks.gray") >= 20 * 64 * 48)
  }

  @Test("a server that goes away and comes back is waited for")
  func server() throws {
    try folder.makeVideo("in.ts", source: "size=64x48:rate=25:duration=1")
    let port = Int.random(in: 20000..<30000)
    let server =
      "ffmpeg -v error -re -i in.ts -c copy -f mpegts 'tcp://127.0.0.1:\(port)?listen=1'"
    let first = try folder.start(server)
    let command = try folder.start(
      "exec \(run) tcp://127.0.0.1:\(port) --reconnect forever --timeout 5")
    try command.waitForMessage { $0.contains("has ended; opening it again") }
    #expect(try first.wait().status == 0)
    let second = try folder.start(server)
    try command.waitForMessage { $0.contains("is open again") }
    #expect(try second.wait().status == 0)
    command.send(SIGINT)
    #expect(try command.wait().status == 130)
    #expect(try folder.size("masks.gray") > 25 * 64 * 48)
  }
}
