import Foundation
import Network
import Testing

@Suite(.timeLimit(.minutes(5))) struct ExportTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  @Test("writes the network that is run, whichever cross the size is written with")
  func writes() throws {
    try folder.check("csnstream export --clip 2x32x64 ascii.onnx")
    try folder.check("csnstream export --model lite --clip 2×32×64 sign.onnx")
    let lowered = try NetworkDescription.lite.loadBundled()
      .lower(clip: ClipShape(frames: 2, height: 32, width: 64))
    #expect(try folder.data("ascii.onnx") == Data(lowered.onnx))
    #expect(try folder.data("sign.onnx") == Data(lowered.onnx))
    try folder.check("csnstream export --clip 2x32x64 - >pipe.onnx")
    #expect(try folder.data("pipe.onnx") == Data(lowered.onnx))
    let refused = try folder.run("csnstream export --clip 2x32x64 sign.onnx")
    #expect(refused.isOneError(saying: "sign.onnx: exists", "-y"))
  }

  @Test(
    "tells in one line what is wrong and leaves what was there",
    arguments: [
      ("--clip 8x33x64 out.onnx", ["8×33×64", "multiples of 32"]),
      ("--clip 0x32x64 out.onnx", ["0×32×64", "1 to 4096 frames"]),
      ("--clip 8x32x9223372036854775776 out.onnx", ["up to 16384"]),
      ("--clip 8x32x64 --model 3dcseg-r101 out.onnx", ["3dcseg-r101", "needs a weights file"]),
      ("--clip 8x32x64 --weights weights out.onnx", ["weights"]),
      ("--clip 8x32x64 no/out.onnx", ["no/out.onnx", "No such file"]),
      ("--clip 8x32x64 --weights out.onnx out.onnx", ["out.onnx", "is an input"]),
    ])
  func errors(arguments: String, words: [String]) throws {
    try folder.check("echo kept >out.onnx; echo none >weights")
    let outcome = try folder.run("csnstream export -y \(arguments)")
    #expect(outcome.status == 1)
    for word in words { #expect(outcome.isOneError(saying: word), "\(outcome.messages)") }
    #expect(try folder.check("cat out.onnx; ls") == "kept\nout.onnx\nweights\n")
  }

  @Test("a file that cannot be written whole is not written at all")
  func noRoom() throws {
    let outcome = try folder.run(
      "trap '' XFSZ; ulimit -f 1000; csnstream export --clip 1x32x32 out.onnx")
    #expect(outcome.status == 1)
    #expect(outcome.isOneError(saying: "out.onnx", "File too large"), "\(outcome.messages)")
    #expect(try folder.check("ls").isEmpty)
  }

  @Test("what is no size is refused", arguments: ["8", "8x32", "8x32x", "axbxc", "8x32x64x2", ""])
  func noSize(argument: String) throws {
    let outcome = try folder.run("csnstream export --clip '\(argument)' out.onnx")
    #expect(outcome.status == 64)
    #expect(outcome.messages.first?.contains("--clip") == true)
  }
}
