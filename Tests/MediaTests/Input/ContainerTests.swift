import Foundation
import Media
import Testing

@Suite("Reading containers") struct ContainerTests {
  static let h264 = "-c:v libx264 -preset ultrafast -bf 2 -g 12"

  @Test(
    "delivers every frame as ffmpeg decodes it, at the same time",
    arguments: [
      ("a.mp4", "\(h264) -movflags +faststart"), ("a.mov", h264), ("a.mkv", h264),
      ("a.avi", "-c:v mpeg4"), ("a.ts", "-c:v mpeg2video -bf 2"), ("b.ts", h264),
      ("a.webm", "-c:v libvpx -b:v 1M"), ("a.y4m", ""), ("a.nut", "-c:v ffv1"),
      ("fragmented.mp4", "\(h264) -movflags frag_keyframe+empty_moov"),
      ("name: with colon.mkv", "-c:v ffv1"), ("ntsc.mkv", "-c:v ffv1 -r 30000/1001"),
    ])
  func containers(name: String, encoding: String) throws {
    let media = try SampleMedia()
    let recording = try Recording(media.video(name, "\(encoding) -pix_fmt yuv420p"))
    #expect(recording.pixels == (try media.decoded("file:\(name)", pixelFormat: "yuv420p")))
    #expect(agree(recording.times, try media.frameTimes("file:\(name)")))
    #expect(recording.frames.count >= 25)
    #expect(recording.damage == nil)
  }

  @Test("keeps a variable frame rate")
  func variableFrameRate() throws {
    let media = try SampleMedia()
    let path = try media.video(
      "vfr.mkv", "-vf 'select=not(mod(n\\,3))+not(mod(n\\,7))' -fps_mode vfr -c:v ffv1")
    let recording = try Recording(path)
    let kept = (0..<25).filter { $0 % 3 == 0 || $0 % 7 == 0 }
    let expected: [Double] = kept.map { (index: Int) -> Double in Double(index) / 25 }
    #expect(agree(recording.times, expected))
  }

  @Test("counts the frames of a bare H.264 stream, which has no times")
  func elementaryStream() throws {
    let media = try SampleMedia()
    let recording = try Recording(
      media.video("a.h264", rate: "30000/1001", "\(Self.h264) -pix_fmt yuv420p"))
    #expect(agree(recording.times, regularTimes(count: 30, frameRate: 30000 / 1001)))
    #expect(recording.pixels == (try media.decoded("a.h264", pixelFormat: "yuv420p")))
  }

  @Test("times count from the start of the earliest stream")
  func startOffset() throws {
    let media = try SampleMedia()
    let path = try media.ffmpeg(
      "-f lavfi -i sine=d=2 -itsoffset 0.5 -f lavfi -i testsrc2=s=64x48:r=25:d=1"
        + " -c:v mpeg2video -c:a mp2 -output_ts_offset 100", to: "a.ts")
    let recording = try Recording(path)
    #expect(agree(recording.times, try media.frameTimes("a.ts")))
    #expect(try #require(recording.times.first) >= 0.5)
    let firstAudio = try #require(recording.audio.first)
    #expect(firstAudio.timestamp.value == 0)
  }

  @Test("times go on where recordings were joined", arguments: ["a.ts b.ts", "b.ts a.ts"])
  func joinedRecordings(order: String) throws {
    let media = try SampleMedia()
    _ = try media.videoWithSound("a.ts", "-c:v mpeg2video -c:a mp2")
    _ = try media.videoWithSound("b.ts", "-c:v mpeg2video -c:a mp2 -output_ts_offset 4000")
    try media.shell("cat \(order) > joined.ts")
    let recording = try Recording(media.path("joined.ts"))
    #expect(recording.frames.count >= 98)
    #expect(zip(recording.times, recording.times.dropFirst()).allSatisfy { $0 < $1 })
    #expect(try abs(#require(recording.times.last) - 3.96) < 0.2)
    let audioTimes = recording.audio.map(\.timestamp.seconds)
    #expect(try abs(#require(audioTimes.last) - 3.97) < 0.2)
  }

  @Test("describes the video")
  func information() throws {
    let media = try SampleMedia()
    let path = try media.video(
      "a.mp4", rate: "24000/1001", seconds: 2, "\(Self.h264) -vf setsar=4/3 -pix_fmt yuv420p")
    let video = try Recording(path).video
    #expect(video.storedSize == PixelSize(width: 64, height: 48))
    #expect(video.uprightSize == PixelSize(width: 64, height: 48))
    #expect(video.displaySize == PixelSize(width: 85, height: 48))
    #expect(video.sampleAspectRatio == Rational(4, 3))
    #expect(video.averageFrameRate == Rational(24000, 1001))
    #expect(video.estimatedFrameCount == 48)
    #expect(try abs(#require(video.duration) - 2.002) < 0.001)
    #expect(video.rotation == 0)
    #expect(!video.isMirrored)
    #expect(video.codecName == "h264")
    #expect(video.pixelFormatName == "yuv420p")
  }

  @Test("pixels that are square but for the rounding of a size are square")
  func nearlySquare() throws {
    let media = try SampleMedia()
    let path = try media.video(
      "a.mp4", seconds: 0.2,
      "\(Self.h264) -vf scale=854:480,setsar=1280/1281:max=2000 -pix_fmt yuv420p")
    let video = try Recording(path).video
    #expect(video.displaySize == PixelSize(width: 854, height: 480))
    #expect(video.sampleAspectRatio == Rational(1280, 1281))
  }

  @Test("takes the aspect ratio of the container")
  func containerAspectRatio() throws {
    let media = try SampleMedia()
    let recording = try Recording(media.video("a.mkv", "-c:v ffv1 -aspect 2:1"))
    #expect(recording.frames.allSatisfy { $0.sampleAspectRatio == Rational(3, 2) })
  }

  @Test("a cover picture is not the video")
  func coverPicture() throws {
    let media = try SampleMedia()
    _ = try media.video("cover.png", size: "200x200", "-frames:v 1")
    _ = try media.videoWithSound("plain.mp4", seconds: 1, "-c:v mpeg4 -c:a aac")
    let cover = "-i cover.png -map 1 -map 0 -c copy -disposition:v:0 attached_pic"
    let withCover = try media.ffmpeg("-i plain.mp4 \(cover)", to: "cover.mp4")
    #expect(try Recording(withCover).video.storedSize == PixelSize(width: 64, height: 48))
    let song = try media.ffmpeg(
      "-i plain.mp4 -i cover.png -map 0:a -map 1 -c copy -disposition:v:0 attached_pic",
      to: "song.m4a")
    #expect(openingError(song)?.cause == .noVideo)
  }
}
