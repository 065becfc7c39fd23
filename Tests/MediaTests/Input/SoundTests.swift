import Foundation
import Media
import Testing

@Suite("Reading sound") struct SoundTests {
  @Test(
    "delivers every packet of every stream at its time",
    arguments: [("a.mp4", "aac"), ("a.mkv", "libopus"), ("a.ts", "mp2"), ("a.avi", "mp3")])
  func packets(name: String, codec: String) throws {
    let media = try SampleMedia()
    let path = try media.ffmpeg(
      "-f lavfi -i testsrc2=s=64x48:d=1 -f lavfi -i sine=d=1 -f lavfi -i sine=300:d=1"
        + " -map 0 -map 1 -map 2 -c:v mpeg4 -c:a \(codec)", to: name)
    let recording = try Recording(path)
    let start = try media.lines(
      "ffprobe -v error -show_entries format=start_time -of csv=p=0 \(name)")
    let origin = try #require(start.first.flatMap(Double.init))
    for index in 0..<2 {
      let times = try media.lines(
        "ffprobe -v error -select_streams a:\(index) -show_entries packet=pts_time"
          + " -of default=nk=1:nw=1 \(name)")
      let packets = recording.audio.filter { $0.stream.index == index }
      #expect(
        agree(packets.map(\.timestamp.seconds), times.compactMap(Double.init).map { $0 - origin }))
      #expect(!packets.isEmpty)
    }
  }

  @Test("sound that is not wanted is left out") func withoutSound() throws {
    let media = try SampleMedia()
    var options = InputOptions()
    options.audio = false
    let path = try media.videoWithSound("a.mp4", "-c:v mpeg4 -c:a aac")
    let reader = try MediaReader(.url(path), options: options)
    #expect(reader.audio.isEmpty)
    #expect(try Recording(path, options: options).audio.isEmpty)
  }

  @Test("damaged sound does not hurt the video") func damagedSound() throws {
    let media = try SampleMedia()
    let path = try media.videoWithSound("a.mkv", "-c:v ffv1 -c:a flac")
    let reference = try Recording(path)
    var bytes = try Data(contentsOf: URL(filePath: path))
    // Overwrites the sound: frames of FLAC begin with this code.
    var position = bytes.startIndex
    while let frame = bytes.range(of: Data([0xff, 0xf8, 0x79]), in: position..<bytes.endIndex) {
      bytes.replaceSubrange(frame, with: Data([0, 0, 0]))
      position = frame.upperBound
    }
    try bytes.write(to: URL(filePath: path))
    let recording = try Recording(path)
    #expect(recording.pixels == reference.pixels)
    #expect(recording.damage == nil)
  }
}
