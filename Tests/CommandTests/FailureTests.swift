import Checkpoint
import Foundation
import Network
import ReferenceData
import Testing

/// Failures are told in one line and by the exit status.
@Suite(.timeLimit(.minutes(5))) struct FailureTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  @Test("an input that is no video is named, with the cause")
  func badInput() throws {
    try folder.check("touch empty.mp4; echo 'just some words' >words.mp4; mkdir folder")
    try folder.check("ffmpeg -v error -f lavfi -i sine=duration=0.2 sound.m4a")
    for (input, cause) in [
      ("missing.mp4", "no such file"), ("empty.mp4", "empty"), ("words.mp4", "not a video"),
      ("sound.m4a", "no video stream"), ("folder", "no images"),
      ("frames/%05d.png", "no"), ("nonsense://host/path", "Protocol not found"),
    ] {
      let outcome = try folder.run("csnstream \(input) -o out.mp4")
      #expect(outcome.status == 1)
      #expect(outcome.isOneError(saying: input, cause), "\(outcome.messages)")
      #expect(outcome.output.isEmpty && !folder.exists("out.mp4"))
    }
  }

  @Test("an input that may not be read is named", .enabled(if: getuid() != 0, "root may read all"))
  func forbiddenInput() throws {
    try folder.makeVideo("in.mp4")
    try folder.check("chmod 0 in.mp4")
    #expect(try folder.run("csnstream in.mp4").isOneError(saying: "in.mp4", "permission denied"))
  }

  @Test("a video without a single good frame is told and leaves no output")
  func noFrames() throws {
    try folder.makeVideo("in.mp4", options: "-c:v libx264 -f mpegts")
    try folder.check("ffmpeg -v error -i in.mp4 -c copy -bsf:v noise=1 -f nut broken.nut")
    let outcome = try folder.run("csnstream broken.nut -o out.mp4 --input-size 64")
    #expect(outcome.status == 1)
    #expect(outcome.isOneError(saying: "broken.nut"), "\(outcome.messages)")
  }

  @Test("a file cut short is processed up to there")
  func truncated() throws {
    try folder.makeVideoWithSound("in.mkv")
    try folder.check("head -c $(($(stat -c %s in.mkv) / 2)) in.mkv >cut.mkv")
    let outcome = try folder.run("csnstream cut.mkv --input-size 64 --opacity 0 --crf 0")
    #expect(outcome.status == 1)
    #expect(outcome.isOneError(saying: "cut.mkv"), "\(outcome.messages)")
    let kept = try folder.frameSums("cut_overlay.mp4")
    #expect((5...25).contains(kept.count))
    #expect(kept == Array(try folder.frameSums("in.mkv").prefix(kept.count)))
  }

  @Test("damage in the middle costs the frames it hits, no others")
  func damaged() throws {
    try folder.makeVideo("in.mp4", options: "-c:v libx264 -g 5 -preset ultrafast -qp 0")
    // Well inside the pictures: those are in front, the index is at the end.
    try folder.check("cp in.mp4 bad.mp4")
    try folder.check(
      "dd if=/dev/zero of=bad.mp4 bs=1 seek=$(($(stat -c %s bad.mp4) / 2)) count=3000"
        + " conv=notrunc status=none")
    let outcome = try folder.run("csnstream bad.mp4 --input-size 64 --opacity 0 --crf 0")
    #expect(outcome.status == 1)
    #expect(outcome.isOneError(saying: "bad.mp4", "damaged"), "\(outcome.messages)")
    let kept = try folder.frameSums("bad_overlay.mp4")
    let original = try folder.frameSums("in.mp4")
    #expect(kept.prefix(5) == original.prefix(5) && kept.suffix(5) == original.suffix(5))
    #expect(kept.count >= 20)
  }

  @Test("damaged weights are refused by name")
  func damagedWeights() throws {
    try folder.makeVideo("in.mp4")
    let text = try folder.check("csnstream doctor")
    let weights = try #require(text.firstMatch(of: /\/.*lite\.safetensors/)?.output)
    try folder.check("head -c 100000 '\(weights)' >cut.safetensors")
    try folder.check("echo 'no weights at all' >words.safetensors; touch empty.safetensors")
    try folder.check(wrongNames)
    for (file, cause) in [
      ("missing.safetensors", "No such file"), ("empty.safetensors", "neither"),
      ("words.safetensors", "neither"), ("cut.safetensors", "outside"),
      ("other.safetensors", "missing"),
    ] {
      let outcome = try folder.run("csnstream in.mp4 --weights \(file)")
      #expect(outcome.status == 1)
      #expect(outcome.isOneError(saying: file, cause), "\(outcome.messages)")
      #expect(!folder.exists("in_overlay.mp4"))
    }
  }

  /// Makes a whole safetensors file of one tensor that no network has.
  private let wrongNames = """
    python3 -c 'import json, struct; \
    header = json.dumps({"mystery": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}); \
    open("other.safetensors", "wb").write( \
      struct.pack("<Q", len(header)) + header.encode() + bytes(4))'
    """

  @Test("a network that does not exist is refused with those that do")
  func unknownNetwork() throws {
    try folder.makeVideo("in.mp4")
    #expect(try folder.run("csnstream in.mp4 --model huge").isOneError(saying: "huge", "lite"))
  }

  @Test("a device or precision that is not there is refused; nothing else takes its place")
  func missingDevice() throws {
    try folder.makeVideo("in.mp4")
    let doctor = try folder.check("csnstream doctor")
    if !doctor.contains("device     NPU") {
      let outcome = try folder.run("csnstream in.mp4 --device npu")
      #expect(outcome.status == 1 && outcome.isOneError(saying: "NPU", "CPU"))
    }
    if !doctor.contains("BF16") {
      let outcome = try folder.run("csnstream in.mp4 --precision bf16")
      #expect(outcome.status == 1 && outcome.isOneError(saying: "CPU", "bf16"))
    }
    #expect(!folder.exists("in_overlay.mp4"))
  }

  @Test(
    "an output that cannot be written is named",
    arguments: [
      ("-o missing/out.mp4", "missing/out.mp4"), ("-o in.mp4/out.mp4", "in.mp4/out.mp4"),
      ("-o out.xyz", "out.xyz"), ("--mask in.mp4/%05d.png", "in.mp4"),
      ("--mask masks.doc", "masks.doc"), ("--mask one.png", "one.png"),
      ("--stats missing/stats.json", "missing/stats.json"),
    ])
  func unwritable(options: String, name: String) throws {
    try folder.makeVideo("in.mp4")
    let outcome = try folder.run("csnstream in.mp4 --input-size 64 -y \(options)")
    #expect(outcome.status == 1)
    #expect(outcome.isOneError(saying: name), "\(outcome.messages)")
  }

  @Test("no output is begun when another one cannot be")
  func allOrNothing() throws {
    try folder.makeVideo("in.mp4")
    for mask in ["masks.doc", "missing/masks.mkv"] {
      #expect(
        try folder.run("csnstream in.mp4 --input-size 64 -o out.mp4 --mask \(mask)")
          .isOneError(saying: mask))
      #expect(!folder.exists("out.mp4"))
    }
  }

  @Test("a full disk is told")
  func fullDevice() throws {
    try folder.makeVideo("in.mp4")
    for options in ["--mask -", "-o - --overlay-format mpegts"] {
      let outcome = try folder.run("csnstream in.mp4 --input-size 64 \(options) >/dev/full")
      #expect(outcome.status == 1)
      #expect(outcome.isOneError(saying: "standard output", "No space left"), "\(outcome.messages)")
    }
  }

  @Test("a disk that runs full is told", .enabled(if: canMount, "it takes a small tmpfs"))
  func fullDisk() throws {
    try folder.makeVideo("in.mp4", source: "size=640x480:rate=25:duration=2")
    try folder.check("mkdir disk && mount -t tmpfs -o size=1M tmpfs disk")
    defer { _ = try? folder.run("umount disk") }
    for options in [
      "-o disk/out.mp4 --crf 0", "-o disk/out.mp4 --crf 0 --fragmented", "--mask disk/masks.gray",
      "--mask disk/masks/%03d.png --soft",
    ] {
      try folder.check("rm -rf disk/*; dd if=/dev/zero of=disk/ballast bs=1k count=900 status=none")
      let outcome = try folder.run("csnstream in.mp4 --input-size 64 \(options)")
      #expect(outcome.status == 1)
      #expect(outcome.isOneError(saying: "disk/", "No space left"), "\(outcome.messages)")
    }
  }

  /// Whether this user may mount a tmpfs.
  private static let canMount: Bool = {
    let folder = try? TestFolder()
    return (try? folder?.run("mount -t tmpfs tmpfs . && umount \"$PWD\""))?.status == 0
  }()

  @Test("a cache that cannot be used costs a warning, not the run")
  func unusableCache() throws {
    try folder.makeVideo("in.mp4")
    try folder.check("touch file")
    let outcome = try folder.run("XDG_CACHE_HOME=$PWD/file csnstream in.mp4 --input-size 64")
    #expect(outcome.status == 0)
    #expect(
      outcome.messages.contains { $0.hasPrefix("csnstream: warning: ") && $0.contains("file") })
    #expect(try folder.probe("in_overlay.mp4", "packet=pts").count == 30)
  }

  @Test("weights that are no numbers are an error, not empty masks") func noNumbers() throws {
    try folder.makeVideo("in.mp4", source: "size=64x64:rate=25:duration=0.4")
    var weights = MadeUp.weights(for: NetworkDescription.lite.weightShapes)
    weights["p2.bias"] = Weight(name: "p2.bias", shape: [1], values: [.nan])
    try Safetensors.write(Array(weights.values), to: folder.file("nan.safetensors"))
    for options in ["--mask a.gray", "--mask a.gray --soft", "--events -"] {
      let outcome = try folder.run(
        "csnstream in.mp4 --input-size 64 --weights nan.safetensors -y \(options)")
      #expect(outcome.status == 1)
      #expect(outcome.messages.last?.contains("no numbers") == true, "\(outcome.messages)")
    }
  }
}
