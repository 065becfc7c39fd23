import Foundation
import Testing

@Suite(.timeLimit(.minutes(5))) struct MaskTests {
  private let folder: TestFolder

  init() throws {
    folder = try TestFolder()
    try folder.makeVideo("in.mp4")
    options = try "--input-size 64 \(folder.makeUpLite())"
  }

  private let options: String
  private var run: String { "csnstream in.mp4 \(options)" }
  private let bytesPerMask = 128 * 96

  @Test("every form holds the same masks, and no overlay is made beside them")
  func forms() throws {
    let gray = try folder.run("\(run) --mask - --format gray").output
    #expect(gray.count == 30 * bytesPerMask)
    #expect(Set(gray) == [0, 255])

    let y4m = try folder.run("\(run) --mask -").output
    let header = try #require(y4m.firstIndex(of: UInt8(ascii: "\n")))
    let headerText = String(decoding: y4m[..<header], as: UTF8.self)
    #expect(headerText.hasPrefix("YUV4MPEG2 W128 H96 F25:1 "))
    #expect(headerText.contains(" Cmono"))
    #expect(y4m.count == header + 1 + 30 * ("FRAME\n".utf8.count + bytesPerMask))

    for name in ["masks.y4m", "masks.gray", "masks.mkv", "made/for/it/%05d.png"] {
      try folder.check("\(run) --mask \(name)")
      let input = name.hasSuffix("gray") ? "-f rawvideo -pixel_format gray -s 128x96" : ""
      try folder.check(
        "ffmpeg -v error -y \(input) -i \(name) -fps_mode passthrough -pix_fmt gray -f rawvideo bare"
      )
      #expect(try folder.data("bare") == gray, "\(name)")
    }
    #expect(try folder.probe("masks.mkv", "stream=codec_name,pix_fmt") == ["ffv1,gray"])
    #expect(
      try folder.probe("masks.mkv", "packet=pts_time") == folder.probe("in.mp4", "frame=pts_time"))
    #expect(folder.exists("made/for/it/00000.png") && folder.exists("made/for/it/00029.png"))
    #expect(!folder.exists("made/for/it/00030.png") && !folder.exists("in_overlay.mp4"))
  }

  @Test("soft masks are the probabilities that the threshold cuts")
  func soft() throws {
    try folder.check("\(run) --mask soft.gray --soft")
    let soft = try folder.data("soft.gray")
    #expect(soft.count == 30 * bytesPerMask && Set(soft).count > 10)
    for (threshold, cut) in [(0.5, 127), (0.2, 51)] {
      try folder.check("\(run) --mask cut.gray --threshold \(threshold) -y")
      let disagreeing = zip(soft, try folder.data("cut.gray")).count { soft, binary in
        // The cut lies inside one of the 256 steps.
        abs(Int(soft) - cut) > 1 && (Int(soft) > cut) != (binary == 255)
      }
      #expect(disagreeing == 0)
    }
  }

  @Test("nothing is above the highest threshold, everything above the lowest")
  func thresholds() throws {
    for (threshold, value) in [("1", UInt8(0)), ("0", 255)] {
      let masks = try folder.run("\(run) --threshold \(threshold) --mask - --format gray").output
      #expect(masks == Data(repeating: value, count: 30 * bytesPerMask))
    }
  }

  @Test(
    "every frame has a mask, however the video is cut into clips",
    arguments: [
      "", "--emit first", "--schedule published", "--overlap 0", "--overlap 7",
      "--overlap 7 --emit first", "--clip-length 1 --overlap 0", "--clip-length 40",
    ])
  func settings(options: String) throws {
    let masks = try folder.run("csnstream in.mp4 --input-size 64 \(options) --mask - --format gray")
    #expect(masks.status == 0)
    #expect(masks.output.count == 30 * bytesPerMask)
  }

  @Test("masks of a turned video stand upright")
  func rotation() throws {
    try folder.check(
      "ffmpeg -v error -i in.mp4 -vf transpose=cclock -c:v libx264 -qp 0 upright.mp4")
    // Players turn it by 90° counter-clockwise.
    try folder.check("ffmpeg -v error -i in.mp4 -c copy -metadata:s:v rotate=90 turned.mp4")
    #expect(try folder.frameSums("turned.mp4") == folder.frameSums("upright.mp4"))
    for name in ["turned", "upright"] {
      try folder.check(
        "csnstream \(name).mp4 \(options) --opacity 0.3 --crf 0"
          + " --mask \(name).gray -o \(name)_overlay.mp4")
    }
    #expect(try folder.size("turned.gray") == 30 * bytesPerMask)
    #expect(try folder.data("turned.gray") == folder.data("upright.gray"))
    #expect(try Set(folder.data("turned.gray")) == [0, 255])
    #expect(try folder.probe("turned_overlay.mp4", "stream=width,height") == ["96,128"])
    #expect(
      try folder.frameSums("turned_overlay.mp4") == folder.frameSums("upright_overlay.mp4"))
  }

  @Test("with oblong pixels masks have the size on screen, overlays the size and shape in store")
  func oblongPixels() throws {
    try folder.makeVideo("wide.mp4", options: "-vf setsar=4/3 -c:v libx264 -qp 0")
    try folder.check("csnstream wide.mp4 --input-size 64 --mask masks.mkv -o out.mp4")
    #expect(try folder.probe("masks.mkv", "stream=width,height") == ["171,96"])
    #expect(
      try folder.probe("out.mp4", "stream=width,height,sample_aspect_ratio") == ["128,96,4:3"])
  }

  @Test("odd sizes are kept")
  func oddSize() throws {
    try folder.makeVideo("odd.mkv", options: "-vf scale=97:63,setsar=1 -pix_fmt yuv444p -c:v ffv1")
    try folder.check("csnstream odd.mkv --input-size 64 --mask masks.mkv -o out.mkv")
    for name in ["masks.mkv", "out.mkv"] {
      #expect(try folder.probe(name, "stream=width,height") == ["97,63"])
      #expect(try folder.probe(name, "packet=pts_time").count == 30)
    }
  }

  @Test("an overlay that H.264 cannot hold in its odd size grows by a pixel, with a warning")
  func oddChroma() throws {
    try folder.makeVideo("odd.mkv", options: "-vf scale=97:63,setsar=1 -pix_fmt yuv420p -c:v ffv1")
    let outcome = try folder.run("csnstream odd.mkv --input-size 64 --mask masks.mkv -o out.mkv")
    #expect(outcome.status == 0)
    #expect(outcome.messages.count { $0.contains("warning") && $0.contains("98x64") } == 1)
    #expect(try folder.probe("masks.mkv", "stream=width,height") == ["97,63"])
    #expect(try folder.probe("out.mkv", "stream=width,height") == ["98,64"])
  }

  @Test("a mask leaves as soon as it is ready, not when a buffer is full")
  func flushed() throws {
    // The input stops after 20 frames without ending; 15 of them have final masks.
    let command = try folder.start(
      "exec csnstream - --input-size 64 --mask - --format gray < <(ffmpeg -v error -i in.mp4"
        + " -frames:v 20 -f yuv4mpegpipe -; exec tail --pid=$$ -f /dev/null)")
    try command.waitForOutput(bytes: 10 * bytesPerMask)
    command.send(SIGINT)
    let outcome = try command.wait()
    #expect(outcome.status == 130)
    #expect(outcome.output.count == 20 * bytesPerMask)
  }
}
