import Foundation
import Media
import Testing

/// A FIFO that stays open for writing, but gets only what the test writes.
private struct SlowPipe {
  let media: SampleMedia
  let path: String
  let writer: FileHandle

  init() throws {
    media = try SampleMedia()
    path = media.path("pipe")
    try media.shell("mkfifo pipe")
    // Open for reading too, so that opening does not wait.
    writer = try #require(FileHandle(forUpdatingAtPath: path))
  }
}

/// A hang is what these tests would show.
@Suite("Interruption", .timeLimit(.minutes(2))) struct InterruptionTests {
  @Test("reaches an open that waits for a pipe")
  func opening() throws {
    let pipe = try SlowPipe()
    let interruption = Interruption()
    Thread.detachNewThread {
      usleep(200_000)
      interruption.stopReading()
    }
    #expect(openingError(pipe.path, interruption: interruption)?.cause == .interrupted)
  }

  @Test("reaches an open that waits for a FIFO without a writer")
  func openingWithoutWriter() throws {
    let media = try SampleMedia()
    try media.shell("mkfifo pipe")
    let interruption = Interruption()
    Thread.detachNewThread {
      usleep(200_000)
      interruption.abort()
    }
    #expect(openingError(media.path("pipe"), interruption: interruption)?.cause == .interrupted)
  }

  @Test(
    "reaches a read that waits; what came before was delivered", arguments: [false, true])
  func reading(aborts: Bool) throws {
    let pipe = try SlowPipe()
    let file = try pipe.media.video("a.y4m", size: "32x24", seconds: 0.2, "-pix_fmt yuv420p")
    try pipe.writer.write(contentsOf: Data(contentsOf: URL(filePath: file)))
    let interruption = Interruption()
    var reader = try MediaReader(.url(pipe.path), interruption: interruption)
    for index in 0..<5 {
      guard case .video(let frame) = try reader.read() else {
        Issue.record("frame \(index) is missing")
        return
      }
      #expect(frame.timestamp?.seconds == Double(index) / 25)
    }
    Thread.detachNewThread {
      usleep(200_000)
      if aborts { interruption.abort() } else { interruption.stopReading() }
    }
    let error = endOfReading(&reader)
    #expect(error?.cause == (aborts ? .interrupted : nil))
  }

  @Test("ends reading at once, though there is more") func readingFile() throws {
    let media = try SampleMedia()
    let interruption = Interruption()
    let path = try media.video("a.mkv", "-c:v ffv1")
    var reader = try MediaReader(.url(path), interruption: interruption)
    _ = try reader.read()
    interruption.stopReading()
    #expect(try reader.read() == nil)
  }

  /// Reads the end, and gives the error that is thrown instead of it.
  private func endOfReading(_ reader: inout MediaReader) -> MediaError? {
    do throws(MediaError) {
      let item = try reader.read()
      #expect(item == nil)
      return nil
    } catch {
      return error
    }
  }
}
