import Foundation
import Media
import Testing

@Suite("Reading a part") struct WindowTests {
  static let files = [
    ("a.mp4", "-c:v libx264 -preset ultrafast -bf 3 -g 20 -c:a aac"),
    ("a.mkv", "-c:v libx264 -preset ultrafast -bf 3 -g 20 -c:a aac"),
    ("a.ts", "-c:v libx264 -preset ultrafast -bf 3 -g 20 -c:a aac"),
    ("open.ts", "-c:v mpeg2video -bf 2 -g 20 -c:a mp2"),
    ("a.avi", "-c:v mpeg4 -g 20 -c:a mp2"),
  ]

  struct Part {
    var start: Double
    var duration: Double?
  }

  static let parts = [
    Part(start: 0, duration: 0.2), Part(start: 0.5, duration: 0.5), Part(start: 1, duration: nil),
    Part(start: 1.01, duration: 0.04), Part(start: 1.9, duration: 5),
    Part(start: 0.78, duration: 0.05),
  ]

  @Test("starts and ends at the exact frame", arguments: files, parts)
  func frames(file: (name: String, encoding: String), part: Part) throws {
    let media = try SampleMedia()
    let path = try media.videoWithSound(file.name, file.encoding)
    let whole = try Recording(path)
    var options = InputOptions()
    options.start = part.start
    options.duration = part.duration
    let end = part.start + (part.duration ?? 1000)
    let expected = zip(whole.frames, whole.times).filter { _, time in
      time > part.start - 1e-5 && time < end - 1e-5
    }
    let recording = try Recording(path, options: options)
    #expect(agree(recording.times, expected.map { $0.1 - part.start }))
    #expect(recording.pixels == expected.flatMap { $0.0.pixels })
    #expect(!expected.isEmpty)
    #expect(recording.damage == nil)
  }

  @Test("sound is cut with the picture, to the packet", arguments: files)
  func sound(file: (name: String, encoding: String)) throws {
    let media = try SampleMedia()
    let path = try media.videoWithSound(file.name, file.encoding)
    let whole = try Recording(path)
    var options = InputOptions()
    options.start = 0.5
    options.duration = 0.7
    let recording = try Recording(path, options: options)
    let times = whole.audio.map(\.timestamp.seconds)
    let expected: [Double] = times.filter { $0 >= 0.5 && $0 < 1.2 }.map { $0 - 0.5 }
    #expect(agree(recording.audio.map(\.timestamp.seconds), expected))
    #expect(!expected.isEmpty)
  }

  @Test("without a seekable input, frames before the start are dropped")
  func pipe() throws {
    let media = try SampleMedia()
    let file = try media.video("a.y4m", "-pix_fmt yuv420p")
    var options = InputOptions()
    options.start = 0.4
    let recording = try Recording(try media.fifo("pipe", delivering: file), options: options)
    let whole = try Recording(file)
    #expect(agree(recording.times, regularTimes(count: 15)))
    #expect(recording.pixels == whole.frames.dropFirst(10).flatMap(\.pixels))
  }

  @Test("tells how much will be read")
  func estimates() throws {
    let media = try SampleMedia()
    let path = try media.videoWithSound("a.mp4", "-c:v mpeg4 -c:a aac")
    var options = InputOptions()
    options.start = 0.5
    #expect(try Recording(path, options: options).video.duration == 1.5)
    options.duration = 1
    #expect(try Recording(path, options: options).video.estimatedFrameCount == 25)
  }
}
