import Foundation
import Testing

@Suite(.timeLimit(.minutes(5))) struct InputTests {
  private let folder: TestFolder

  init() throws {
    folder = try TestFolder()
    try folder.makeVideo("in.mp4")
  }

  private let run = "csnstream --input-size 64 --opacity 0 --crf 0"

  @Test(
    "standard input is read as what it is",
    arguments: [
      ("-c copy -f nut", ""), ("-c copy -f mpegts", ""), ("-f yuv4mpegpipe", ""),
      ("-f rawvideo", "--size 128x96 --fps 25 --pix-fmt yuv420p"),
    ])
  func standardInput(format: String, options: String) throws {
    try folder.check(
      "ffmpeg -v error -i in.mp4 \(format) - | \(run) - \(options) -o out.mkv")
    #expect(try folder.frameSums("out.mkv") == folder.frameSums("in.mp4"))
    #expect(try folder.probe("out.mkv", "stream=avg_frame_rate") == ["25/1"])
  }

  @Test("an MP4 with its index in front can come through a pipe")
  func fastStart() throws {
    try folder.check("ffmpeg -v error -i in.mp4 -c copy -movflags +faststart front.mp4")
    try folder.check("cat front.mp4 | \(run) - -o out.mkv")
    #expect(try folder.frameSums("out.mkv") == folder.frameSums("in.mp4"))
  }

  @Test("a folder's images and an image pattern are videos, named after the folder")
  func images() throws {
    try folder.check("mkdir frames && ffmpeg -v error -i in.mp4 frames/%05d.png")
    for input in ["frames", "frames/", "frames/%05d.png"] {
      try folder.check("\(run) \(input) --fps 10 -y")
      #expect(try folder.probe("frames_overlay.mp4", "packet=pts_time").count == 30)
      #expect(try folder.probe("frames_overlay.mp4", "stream=avg_frame_rate") == ["10/1"])
      try folder.check("rm frames_overlay.mp4")
    }
  }

  @Test("a camera that is not there, and standard input again, are refused")
  func refused() throws {
    let camera = try folder.run("csnstream /dev/video97 --mask -")
    #expect(camera.isOneError(saying: "/dev/video97", "no such"))
    #expect(try folder.run("csnstream - --reconnect 3 --mask - <in.mp4").status == 64)
  }

  @Test("an address is told without its password and its token")
  func secrets() throws {
    let outcome = try folder.run(
      "csnstream 'rtsp://me:secret@127.0.0.1:1/x?token=secret' --mask masks.gray")
    #expect(outcome.isOneError(saying: "rtsp://***@127.0.0.1:1/x?token=***", "refused"))
    #expect(!outcome.messages.joined().contains("secret"))
  }

  @Test("standard input without an output is refused")
  func noOutput() throws {
    #expect(try folder.run("csnstream - <in.mp4").isOneError(saying: "standard input", "--mask"))
  }

  @Test(
    "settings that make no sense are refused before anything is written",
    arguments: [
      "--overlap 8", "--overlap -1", "--clip-length 0", "--input-size 0", "--threshold 2",
      "--opacity 1.5", "--crf 99", "--threads 0", "--colour pinkish", "--emit sometimes",
      "--device XPU", "--size 10x10", "--fps 0", "--start -1", "--duration 1:x", "-y -n",
      "-o - --mask -", "--unknown", "--timeout -1", "--reconnect sometimes", "--reconnect-delay -1",
      "--rtsp-transport smoke",
    ])
  func nonsense(options: String) throws {
    let outcome = try folder.run("csnstream in.mp4 \(options)")
    #expect(outcome.status == 64)
    #expect(outcome.messages.first?.hasPrefix("Error: ") == true)
    #expect(outcome.output.isEmpty && !folder.exists("in_overlay.mp4"))
  }
}
