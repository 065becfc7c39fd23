import Foundation
import Testing

@Suite(.timeLimit(.minutes(5))) struct BackPressureTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  private let bytesPerMask = 128 * 96

  @Test("a reader that stops reading stops the program, which loses nothing and does not grow")
  func stoppedReader() throws {
    let run = "csnstream - --input-size 64 --mask - --format gray --soft"
    let video = try Y4M(frameCount: 600, in: folder)
    let expected = try folder.run("\(run) <frames.y4m").output
    let stream = video.frames.reduce(into: video.header) { $0 += $1 }
    let input = try FIFO(folder.file("in"))
    let output = try FIFO(folder.file("out"))
    let command = try folder.start("exec \(run) <in >out")
    var (fed, received) = (0, Data())

    /// Feeds until nothing is taken any more.
    func stall() throws {
      while true {
        let count = input.writeSome(stream.dropFirst(fed).prefix(65536), seconds: 3)
        if count == 0 { break }
        fed += count
        try #require(fed < stream.count, "the program never stops taking frames")
      }
    }
    /// Feeds and reads until that many masks are here.
    func flow(masks: Int) throws {
      while received.count < masks * bytesPerMask {
        fed += input.writeSome(stream.dropFirst(fed).prefix(65536), seconds: 0)
        received += output.readSome(masks * bytesPerMask - received.count, seconds: 0.05)
        try #require(command.isRunning)
      }
    }

    try flow(masks: 50)
    try stall()
    // In the pipes and buffers at both ends there are 13 frames, in the program 26.
    #expect(fed / video.frames[0].count - 50 < 45)
    let memory = try command.memory()
    try flow(masks: 450)
    try stall()
    #expect(fed / video.frames[0].count - 450 < 45)
    #expect(try command.memory() - memory < 8 << 20)
    #expect(received == expected.prefix(received.count))

    command.send(SIGINT)
    usleep(1_000_000)
    #expect(command.isRunning)
    command.send(SIGINT)
    #expect(try command.wait(seconds: 10).status == 130)
  }
}
