import Foundation
import Testing

@Suite(.timeLimit(.minutes(5))) struct OverlayTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  @Test("a file's overlay appears beside it with all frames, their times and the sound")
  func beside() throws {
    try folder.check("mkdir films")
    try folder.makeVideoWithSound("films/in.mp4")
    #expect(try folder.check("csnstream films/in.mp4 --input-size 64") == "")
    for entries in ["packet=pts_time", "stream=width,height,pix_fmt,avg_frame_rate"] {
      #expect(
        try folder.probe("films/in_overlay.mp4", entries).sorted()
          == folder.probe("films/in.mp4", entries).sorted())
    }
    let sound = "-map 0:a -c copy -f md5 -"
    #expect(
      try folder.check("ffmpeg -v error -i films/in_overlay.mp4 \(sound)")
        == folder.check("ffmpeg -v error -i films/in.mp4 \(sound)"))
  }

  @Test("the sound can be left out")
  func silent() throws {
    try folder.makeVideoWithSound("in.mp4")
    try folder.check("csnstream in.mp4 --no-audio -o out.mkv --input-size 64")
    #expect(try folder.probe("out.mkv", "stream=codec_type", stream: "a") == [])
    #expect(try folder.probe("out.mkv", "packet=pts_time").count == 30)
  }

  @Test("the foreground gets the colour, the background stays as it was")
  func tint() throws {
    try folder.makeVideo("in.mp4")
    try folder.check(
      "csnstream in.mp4 --input-size 64 \(folder.makeUpLite()) --colour white --opacity 1"
        + " --crf 0 -o out.mp4 --mask masks.gray")
    let source = try folder.luma("in.mp4")
    let masks = try folder.data("masks.gray")
    #expect(Set(masks) == [0, 255])
    #expect(Data(zip(source, masks).map { $1 == 255 ? 235 : $0 }) == (try folder.luma("out.mp4")))
  }

  @Test("an outline covers less than the foreground")
  func outline() throws {
    try folder.makeVideo("in.mp4")
    let source = try folder.luma("in.mp4")
    let weights = try folder.makeUpLite()
    var areas: [Int] = []
    for style in ["tint", "outline"] {
      try folder.check(
        "csnstream in.mp4 --input-size 64 \(weights) --style \(style) --color '#000000'"
          + " --opacity 1 --crf 0 -o out.mp4 -y")
      let drawn = try folder.luma("out.mp4")
      areas.append(zip(source, drawn).count { $0 != $1 && $1 == 16 })
    }
    #expect(areas[1] > 0 && areas[1] < areas[0])
  }

  @Test("an overlay goes to standard output as a stream", arguments: ["y4m", "nut", "mpegts"])
  func stream(format: String) throws {
    try folder.makeVideoWithSound("in.mp4")
    try folder.check(
      "csnstream in.mp4 --input-size 64 --opacity 0 --crf 0 -o - --overlay-format \(format)"
        + " | cat >stream")
    #expect(try folder.frameSums("stream") == folder.frameSums("in.mp4"))
    #expect(try folder.probe("stream", "stream=avg_frame_rate").first == "25/1")
    let audio = try folder.probe("stream", "stream=codec_name", stream: "a")
    #expect(Set(audio) == (format == "y4m" ? [] : ["aac"]))
  }

  @Test("a part of the video begins and ends at the times given")
  func part() throws {
    try folder.makeVideo("in.mp4")
    try folder.check(
      "csnstream in.mp4 --input-size 64 --opacity 0 --crf 0 --start 0.4 --duration 0:00.4")
    let frames = try folder.frameSums("in.mp4")
    #expect(try folder.frameSums("in_overlay.mp4") == Array(frames[10..<20]))
    #expect(try folder.probe("in_overlay.mp4", "packet=pts_time").min() == "0.000000")
  }

  @Test("a variable frame rate is kept")
  func variableRate() throws {
    try folder.makeVideo(
      "in.mp4",
      options: "-vf 'select=eq(n\\,0)+gt(mod(n\\,5)\\,2)' -fps_mode vfr -c:v libx264 -qp 0")
    try folder.check("csnstream in.mp4 --input-size 64")
    let times = try folder.probe("in.mp4", "packet=pts_time").sorted()
    #expect(times.count == 13)
    #expect(try folder.probe("in_overlay.mp4", "packet=pts_time").sorted() == times)
  }

  @Test("ten bits per sample stay ten")
  func tenBits() throws {
    try folder.makeVideo("in.mp4", options: "-pix_fmt yuv420p10le -c:v libx264 -qp 0")
    try folder.check(
      "csnstream in.mp4 --input-size 64 --opacity 0 --crf 0 --mask masks.gray -o o.mkv")
    #expect(try folder.probe("o.mkv", "stream=pix_fmt") == ["yuv420p10le"])
    #expect(try folder.probe("o.mkv", "packet=pts_time").count == 30)
    #expect(try folder.size("masks.gray") == 30 * 128 * 96)
  }

  @Test("colour tags are kept")
  func colourTags() throws {
    try folder.makeVideo(
      "in.mp4",
      options: "-colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv"
        + " -c:v libx264 -preset ultrafast")
    try folder.check("csnstream in.mp4 --input-size 64")
    let entries = "stream=color_space,color_transfer,color_primaries,color_range"
    #expect(try folder.probe("in_overlay.mp4", entries) == ["tv,bt709,bt709,bt709"])
  }
}
