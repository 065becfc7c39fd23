import Foundation
import Testing

@Suite(.timeLimit(.minutes(5))) struct CycleTests {
  @Test("twenty starts and stops leave no process and no file behind")
  func cycles() throws {
    let folder = try TestFolder()
    let video = try Y4M(frameCount: 20, in: folder)
    let bytesPerMask = 128 * 96
    for _ in 0..<20 {
      let input = try FIFO(folder.file("in"))
      let command = try folder.start(
        "exec csnstream - --input-size 64 --mask - --format gray -o out.mp4 -y <in")
      try input.write(video.frames.reduce(into: video.header) { $0 += $1 })
      try command.waitForOutput(bytes: bytesPerMask)
      command.send(SIGINT)
      let outcome = try command.wait()
      #expect(outcome.status == 130)
      #expect(!command.hasLeftProcesses)
      #expect(
        try folder.probe("out.mp4", "packet=pts").count == outcome.output.count / bytesPerMask)
      try folder.check("rm in out.mp4")
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      // The folder's own records of what commands write begin with a dot.
      #expect(names.filter { !$0.hasPrefix(".") } == ["frames.y4m"])
    }
  }
}
