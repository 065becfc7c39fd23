import Foundation
import Testing

/// Two scenes one after the other.
@Suite(.timeLimit(.minutes(5))) struct CutTests {
  private let folder: TestFolder
  private let frameBytes = 128 * 96

  init() throws {
    folder = try TestFolder()
    try folder.check(
      """
      ffmpeg -v error -f lavfi -i testsrc2=size=128x96:rate=25 \
        -f lavfi -i mandelbrot=size=128x96:rate=25:start_scale=0.5 -filter_complex "
        [0:v]trim=end_frame=21,format=yuv420p,setsar=1,split[a][a2];
        [1:v]trim=end_frame=18,format=yuv420p,setsar=1,split[b][b2];[a2][b2]concat[both]" \
        -map '[a]' -c:v libx264 -preset ultrafast -qp 0 a.mp4 \
        -map '[b]' -c:v libx264 -preset ultrafast -qp 0 b.mp4 \
        -map '[both]' -c:v libx264 -preset ultrafast -qp 0 both.mp4
      """)
  }

  private func masks(_ name: String, _ options: String) throws -> Data {
    try folder.check(
      "csnstream \(name).mp4 --input-size 64 --soft --precision f32 --mask \(name).gray -y"
        + " --stats \(name).json \(options)")
    return try folder.data("\(name).gray")
  }

  @Test(
    "masks on both sides of a cut are those of the two halves alone",
    arguments: ["first", "final"])
  func halves(emission: String) throws {
    let options = "--emit \(emission)"
    let both = try masks("both", options)
    let (a, b) = (try masks("a", options), try masks("b", options))
    #expect(a.count == 21 * frameBytes && b.count == 18 * frameBytes)
    #expect(both == a + b)
    let statistics = try JSONSerialization.jsonObject(with: folder.data("both.json"))
    #expect((statistics as? [String: Any])?["discontinuities"] as? Int == 1)
  }

  @Test("cuts that follow each other soon are found")
  func soon() throws {
    let scenes = ["a", "b"].map { "file \($0).mp4\noutpoint 0.24\n" }.joined()
    try String(repeating: scenes, count: 8).write(
      toFile: folder.file("list"), atomically: true, encoding: .utf8)
    try folder.check("ffmpeg -v error -f concat -i list -c:v libx264 -qp 0 many.mp4")
    _ = try masks("many", "")
    let statistics = try JSONSerialization.jsonObject(with: folder.data("many.json"))
    #expect((statistics as? [String: Any])?["discontinuities"] as? Int == 15)
  }

  @Test(
    "clips reach across the cut where that is asked for, or the published protocol is",
    arguments: ["--cuts off", "--schedule published"])
  func off(options: String) throws {
    let both = try masks("both", options)
    #expect(try both != masks("both", ""))
    #expect(both.count == 39 * frameBytes)
  }
}
