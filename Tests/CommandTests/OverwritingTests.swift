import Foundation
import Testing

@Suite(.timeLimit(.minutes(5))) struct OverwritingTests {
  private let folder: TestFolder

  init() throws {
    folder = try TestFolder()
    try folder.makeVideo("in.mp4", source: "size=128x96:rate=25:duration=0.4")
  }

  private let run = "csnstream in.mp4 --input-size 64"

  @Test("an existing output stays unless -y is given", arguments: ["", "-n"])
  func existing(option: String) throws {
    try folder.check("echo precious >in_overlay.mp4")
    let outcome = try folder.run("\(run) \(option)")
    #expect(outcome.status == 1)
    #expect(outcome.isOneError(saying: "in_overlay.mp4", "exists", "-y"))
    #expect(try folder.data("in_overlay.mp4") == Data("precious\n".utf8))
    try folder.check("\(run) -y")
    #expect(try folder.probe("in_overlay.mp4", "packet=pts").count == 10)
  }

  @Test("existing masks stay unless -y is given", arguments: ["masks.gray", "masks/%05d.png"])
  func existingMasks(name: String) throws {
    try folder.check("\(run) --mask \(name)")
    #expect(try folder.run("\(run) --mask \(name)").isOneError(saying: "exists", "-y"))
    try folder.check("\(run) --mask \(name) -y")
  }

  @Test("any mask of a numbered series stays, and with -n the statistics do")
  func anyNumber() throws {
    try folder.check("mkdir masks && touch masks/00007.png stats.json")
    let numbered = try folder.run("\(run) --mask masks/%05d.png")
    #expect(numbered.isOneError(saying: "masks/00007.png", "exists", "-y"))
    let kept = try folder.run("\(run) --mask masks.gray --stats stats.json -n")
    #expect(kept.isOneError(saying: "stats.json", "exists", "-y"))
  }

  @Test("segments of HLS that are there stay unless -y is given, and the input always does")
  func segments() throws {
    try folder.check("ffmpeg -v error -i in.mp4 list0.ts; cp list0.ts copy.ts")
    let refused = try folder.run("csnstream list0.ts --input-size 64 -o ./list.m3u8 -y")
    #expect(refused.isOneError(saying: "list.m3u8", "list0.ts", "the input"))
    #expect(try folder.data("list0.ts") == folder.data("copy.ts"))
    let kept = try folder.run("\(run) -o list.m3u8")
    #expect(kept.isOneError(saying: "list0.ts: exists", "-y"))
    #expect(try folder.data("list0.ts") == folder.data("copy.ts"))
    try folder.check("\(run) -o list.m3u8 -y")
    #expect(try folder.probe("list.m3u8", "packet=pts").count == 10)
  }

  @Test("lines are appended to a log, which is not overwriting it") func log() throws {
    try folder.check("echo first >log; echo mine >m7.mkv")
    try folder.check("\(run) --mask m%d.mkv --stats-interval 0.1 --stats-log log -n")
    #expect(try String(decoding: folder.data("log"), as: UTF8.self).hasPrefix("first\n"))
    #expect(folder.exists("m%d.mkv"))
    #expect(try folder.run("\(run) --mask m%d.mkv").isOneError(saying: "m%d.mkv: exists"))
  }

  @Test("a host that does not answer leaves the files as they are") func hostsFirst() throws {
    try folder.check("echo precious >out.mp4")
    let outcome = try folder.run("\(run) -o out.mp4 --mask tcp://127.0.0.1:9 -y")
    #expect(outcome.status == 1)
    #expect(try folder.data("out.mp4") == Data("precious\n".utf8))
  }

  @Test("the address of a file is the file", arguments: ["file:in.mp4", "file://$PWD/in.mp4"])
  func address(input: String) throws {
    try folder.check("cp in.mp4 copy.mp4")
    let refused = try folder.run("csnstream \(input) --input-size 64 -o in.mp4 -y")
    #expect(refused.isOneError(saying: "in.mp4: is the input"))
    #expect(try folder.data("in.mp4") == folder.data("copy.mp4"))
    try folder.check("csnstream \(input) --input-size 64")
    #expect(folder.exists("in_overlay.mp4"))
  }

  @Test("names may be a single character") func shortNames() throws {
    try folder.check("cp in.mp4 v; csnstream v --input-size 64 --events e --stats s")
    #expect(folder.exists("e") && folder.exists("s"))
    try folder.check("csnstream v --input-size 64; csnstream export --clip 1x32x32 m")
    #expect(folder.exists("v_overlay.mp4") && folder.exists("m"))
  }

  @Test("a percent sign in a name is a percent sign")
  func percent() throws {
    try folder.check("mkdir '50% off' && cp in.mp4 '50% off/100%.mp4'")
    try folder.check("csnstream '50% off/100%.mp4' --input-size 64")
    #expect(folder.exists("50% off/100%_overlay.mp4"))
    try folder.check("\(run) --mask '50% off/%02d_100%%.png'")
    #expect(folder.exists("50% off/09_100%.png"))
    let two = try folder.run("\(run) --mask '50% off/%02d_%d.png'")
    #expect(two.isOneError(saying: "50% off/%02d_%d.png", "one number pattern"))
  }

  @Test(
    "what cannot be written is refused before anything is done",
    arguments: ["--stats folder", "--stats ''", "--mask missing/masks.gray"])
  func unwritable(options: String) throws {
    try folder.check("mkdir folder")
    let outcome = try folder.run("\(run) -o out.mp4 \(options)")
    #expect(outcome.status == 1 && outcome.messages.count == 1)
    #expect(outcome.isOneError(saying: "cannot write"))
    #expect(!folder.exists("out.mp4"))
  }

  @Test(
    "an output never overwrites the input",
    arguments: ["-o in.mp4", "-o ./in.mp4", "-o link.mp4", "--mask link.mkv", "--stats in.mp4"])
  func input(options: String) throws {
    try folder.check("ln -s in.mp4 link.mp4; ln in.mp4 link.mkv; cp in.mp4 copy.mp4")
    let outcome = try folder.run("\(run) \(options) -y")
    #expect(outcome.status == 1)
    #expect(outcome.isOneError(saying: "is the input"))
    #expect(try folder.data("in.mp4") == folder.data("copy.mp4"))
  }

  @Test("weights are never written over", arguments: ["--stats", "-y --events"])
  func weights(option: String) throws {
    let weights = try folder.makeUpLite()
    let size = try folder.size("lite.safetensors")
    let outcome = try folder.run("\(run) \(weights) \(option) lite.safetensors")
    #expect(outcome.isOneError(saying: "lite.safetensors: is an input"))
    #expect(try folder.size("lite.safetensors") == size)
  }

  @Test("masks never overwrite the pictures they are made of")
  func inputPictures() throws {
    try folder.check("mkdir frames && ffmpeg -v error -i in.mp4 frames/%05d.png")
    for input in ["frames", "frames/%05d.png"] {
      let outcome = try folder.run("csnstream \(input) --mask frames/%05d.png -y")
      #expect(outcome.status == 1)
      #expect(outcome.isOneError(saying: "frames/%05d.png", "input"))
    }
  }

  @Test(
    "two outputs cannot be one file",
    arguments: [
      "-o a.mkv --mask ./a.mkv", "--mask a.gray --stats a.gray",
      "-y --mask a.gray --events ./a.gray",
      "-y --mask old.gray --stats a.old",
    ])
  func same(options: String) throws {
    try folder.check("touch old.gray; ln -s old.gray a.old")
    let outcome = try folder.run("\(run) \(options)")
    #expect(outcome.status == 1)
    #expect(outcome.isOneError(saying: "a."))
    #expect(!folder.exists("a.mkv") && !folder.exists("a.gray"))
  }
}
