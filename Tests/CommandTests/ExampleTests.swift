import Foundation
import Testing

/// The examples do what they say.
@Suite(.timeLimit(.minutes(5))) struct ExampleTests {
  private let folder: TestFolder

  init() throws {
    folder = try TestFolder()
    try folder.makeVideo("in.mp4", source: "size=128x96:rate=25:duration=0.8")
  }

  private let examples = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../Examples").standardized.path

  @Test("the Swift program tells of every mask")
  func segmentFile() throws {
    let lines = try folder.check("SegmentFile in.mp4").split(separator: "\n")
    #expect(lines.count == 20)
    #expect(lines.first?.wholeMatch(of: /0\.0 s: \d+ % foreground, 7 frames late/) != nil)
  }

  @Test("the pipes give a cut-out with the masks as its alpha channel")
  func pipes() throws {
    try folder.check("'\(examples)/pipes.sh' in.mp4 out.mov")
    #expect(
      try folder.probe("out.mov", "stream=width,height,pix_fmt") == ["336,252,yuva444p12le"])
    try folder.check("ffmpeg -v error -i out.mov -vf extractplanes=a -f rawvideo alpha.raw")
    let alpha = try folder.data("alpha.raw")
    #expect(Set(alpha).count > 10)
    #expect(try folder.probe("out.mov", "packet=pts").count == 20)
  }

  @Test("the Python reader prints the area of every mask")
  func readMasks() throws {
    let lines = try folder.check("'\(examples)/read_masks.py' in.mp4 128x96").split(separator: "\n")
    #expect(lines.count == 20)
    let masks = try folder.run("csnstream in.mp4 --mask - --format gray").output
    let areas = (0..<20).map { frame in
      masks[frame * 128 * 96..<(frame + 1) * 128 * 96].count { $0 == 255 }
    }
    #expect(
      lines.map(String.init) == areas.enumerated().map { "frame \($0): \($1) of 12288 pixels" })
  }
}
