import Foundation
import ReferenceData
import Testing

@Suite(.timeLimit(.minutes(5))) struct EvalTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  private struct Report: Decodable {
    struct Masks: Decodable {
      struct Statistics: Decodable {
        let mean: Double
        let recall: Double
        let decay: Double
        let frames: [Double]
      }
      let J: Statistics
      let F: Statistics
      let frames: [String]
    }
    struct Streaming: Decodable {
      let latency_frames_max: Int
      let latency_frames_bound: Int
      let frames: Int
    }
    let sequences: [String: Masks]
    let sod: [String: Double]?
    let flattened: [String: Double]
    let streaming: Streaming?
  }

  private func evaluate(_ arguments: String) throws -> Report {
    let json = try folder.check("csnstream eval \(arguments) --json -")
    return try JSONDecoder().decode(Report.self, from: Data(json.utf8))
  }

  /// Writes twelve masks; the border between background and foreground moves by `step` pixels.
  private func makeMasks(_ pattern: String, level: Int = 255, step: Int = 3) throws {
    try folder.check(
      "mkdir -p $(dirname \(pattern)); ffmpeg -v error -f lavfi -i \"color=black:s=96x64:r=25:d=0.48,"
        + "format=gray,geq=lum=\(level)*gte(X\\,9+\(step)*N)\" -start_number 0 \(pattern)")
  }

  /// Writes twelve pictures, numbered from `first`.
  private func makePictures(_ pattern: String, first: Int = 0) throws {
    try folder.check("mkdir -p $(dirname \(pattern))")
    try folder.makeVideo(
      pattern, source: "size=96x64:rate=25:duration=0.48", options: "-start_number \(first)")
  }

  @Test(
    "tells the numbers of the reference implementations",
    .enabled(if: SharedFolder.exists, "\(SharedFolder.absent)"))
  func parity() throws {
    let expected = try ReferenceNumbers()
    let data = SharedFolder.path("parity/metrics")
    let masks = try evaluate("folder \(data)/gt --predictions \(data)/pred")
    #expect(masks.sequences.keys.sorted() == expected.sequences.keys.sorted())
    for (name, reference) in expected.sequences {
      let found = try #require(masks.sequences[name])
      #expect(found.frames == (0..<10).map { String(format: "%05d", $0) })
      for (measure, frames, statistics) in [
        (found.J, reference.J, reference.J_stats), (found.F, reference.F, reference.F_stats),
      ] {
        #expect(zip(measure.frames, frames).allSatisfy { abs($0 - $1) < 1e-9 })
        #expect(measure.frames.count == frames.count)
        #expect(abs(measure.mean - statistics.mean) < 1e-9)
        #expect(abs(measure.recall - statistics.recall) < 1e-9)
        #expect(abs(measure.decay - statistics.decay) < 1e-9)
      }
    }
    let maps = try evaluate("folder \(data)/gt --predictions \(data)/prob")
    let sod = try #require(maps.sod)
    for (found, reference) in [(sod, expected.sod), (maps.flattened, expected.flattened)] {
      #expect(found.keys.sorted() == reference.keys.sorted())
      for (name, value) in reference { #expect(abs((found[name] ?? 2) - value) < 1e-9) }
    }
  }

  @Test("masks count alike in whatever form they are stored")
  func forms() throws {
    try makeMasks("truth/a/%05d.png")
    try makeMasks("plain/a/%05d.png", step: 4)
    try makeMasks("ones/a/%05d.png", level: 1, step: 4)
    try folder.check(
      """
      mkdir -p bits/a soft/a labels/a
      ffmpeg -v error -i plain/a/%05d.png -pix_fmt monob -start_number 0 bits/a/%05d.png
      ffmpeg -v error -i plain/a/%05d.png -vf geq=lum='40*gte(X\\,0)+if(p(X\\,Y)\\,88\\,mod(X\\,80))' \
        -start_number 0 soft/a/%05d.png
      ffmpeg -v error -i plain/a/%05d.png -vf format=gbrp,geq=r='r(X\\,Y)/4':g=0:b=0,format=rgb24 \
        -start_number 0 labels/a/%05d.png
      """)
    let expected = try folder.check("csnstream eval folder truth --predictions plain --csv -")
    #expect(expected.contains("\na,0."))
    for form in ["ones", "bits", "soft", "labels"] {
      let found = try folder.check("csnstream eval folder truth --predictions \(form) --csv -")
      #expect(found == expected, "\(form)")
    }
  }

  @Test("gray of 16 bits is foreground where it is not black, or above a half in predictions")
  func deepGray() throws {
    try makeMasks("truth/a/%05d.png")
    try folder.check(
      """
      mkdir -p bright/a labels/a
      ffmpeg -v error -i truth/a/%05d.png -vf format=gray16,geq=lum='lum(X\\,Y)*0.6' -start_number 0 \
        bright/a/%05d.png
      ffmpeg -v error -i truth/a/%05d.png -vf format=gray16,geq=lum='gt(lum(X\\,Y)\\,0)' \
        -start_number 0 labels/a/%05d.png
      """)
    for (truth, predictions) in [("truth", "bright"), ("truth", "labels"), ("labels", "truth")] {
      let report = try evaluate("folder \(truth) --predictions \(predictions)")
      #expect(report.sequences["a"]?.J.mean == 1)
    }
  }

  @Test("a map of two values among others of more is a map, with the threshold asked for")
  func mapsOfTwoValues() throws {
    try makeMasks("truth/a/%05d.png", level: 0)
    try makeMasks("soft/a/%05d.png", level: 1)
    try folder.check(
      "ffmpeg -v error -y -f lavfi -i color=gray:s=96x64,format=gray,geq=lum=X -frames:v 1 "
        + "soft/a/00007.png")
    let report = try evaluate("folder truth --predictions soft --threshold 0.9")
    #expect(report.sequences["a"]?.J.mean == 1)
    let loose = try evaluate("folder truth --predictions soft --threshold 0.2")
    #expect(loose.sequences["a"]?.J.frames.count(where: { $0 == 0 }) == 1)
  }

  @Test("predictions are matched with pictures, or refused") func matching() throws {
    try makePictures("set/ViSal/a/%05d.jpg", first: 1)
    try makeMasks("masks/a/%05d.png")
    try folder.check("mkdir -p set/GroundTruth/a; cp masks/a/00004.png set/GroundTruth/a/00005.png")
    // One for each picture: in order, whatever they are numbered from.
    #expect(try evaluate("visal set --predictions masks").sequences["a"]?.J.frames == [1])
    try folder.check("mv masks/a/00011.png masks/a/thumbnail.png")
    let stray = try folder.run("csnstream eval visal set --predictions masks")
    #expect(
      stray.messages == [
        "csnstream: error: masks/a/00000.png: belongs to no picture in set/ViSal/a"
      ])
    try folder.check("rm masks/a/thumbnail.png")
    let fewer = try folder.run("csnstream eval visal set --predictions masks")
    #expect(
      fewer.messages == [
        "csnstream: error: masks/a/00000.png: belongs to no picture in set/ViSal/a"
      ])
    try folder.check("cp set/GroundTruth/a/00005.png set/GroundTruth/a/other5.png")
    let twice = try folder.run("csnstream eval visal set --predictions masks")
    #expect(twice.status == 1)
    #expect(twice.messages.first?.contains("00005 has another ground truth") == true)
  }

  @Test("results never take the place of what is compared", arguments: ["truth", "masks"])
  func inputs(name: String) throws {
    try makeMasks("truth/a/%05d.png")
    try makeMasks("masks/a/%05d.png")
    let outcome = try folder.run(
      "csnstream eval folder truth --predictions masks --json \(name)/a/00003.png")
    #expect(outcome.isOneError(saying: "\(name)/a/00003.png: is an input"))
  }

  @Test("results go into a FIFO and through a link, and a full disk is an error")
  func outputs() throws {
    try makeMasks("truth/a/%05d.png")
    let command = "csnstream eval folder truth --predictions truth"
    try folder.check("mkfifo fifo; cat fifo >read & \(command) --json fifo; wait; test -p fifo")
    try folder.check("touch file; ln -s file link; \(command) --json link; test -L link")
    for name in ["read", "file"] {
      let report = try JSONDecoder().decode(Report.self, from: folder.data(name))
      #expect(report.sequences["a"]?.J.mean == 1)
    }
    for options in ["", "--json -"] {
      let outcome = try folder.run("\(command) \(options) >/dev/full")
      #expect(outcome.status == 1)
      let reason = "standard output: cannot write: No space left on device"
      #expect(outcome.messages == ["csnstream: error: \(reason)"])
    }
  }

  @Test(
    "options that would have no effect are refused",
    arguments: [
      "--emit first", "--overlap 0", "--model nix", "--weights nix", "--threads 1",
      "--json x --csv x", "--split train",
    ])
  func uselessOptions(options: String) throws {
    try makeMasks("truth/a/%05d.png")
    let outcome = try folder.run("csnstream eval folder truth --predictions truth \(options)")
    #expect(outcome.status == 64)
  }

  @Test("the table has the columns of the DAVIS toolkit, and a line per sequence and for all")
  func table() throws {
    try makeMasks("truth/b/%05d.png")
    try makeMasks("truth/a,1/%05d.png", step: 4)
    let csv = try folder.check("csnstream eval folder truth/ --predictions truth --csv -")
    let rest = ",1.000000,1.000000,1.000000,0.000000,1.000000,1.000000,0.000000"
    #expect(
      csv.split(separator: "\n") == [
        "Sequence,J&F-Mean,J-Mean,J-Recall,J-Decay,F-Mean,F-Recall,F-Decay",
        "\"a,1\"\(rest)", "b\(rest)", "Global\(rest)",
      ])
    let table = try folder.check(
      "csnstream eval folder truth --predictions truth --sequence b --csv table.csv")
    #expect(table.contains("J&F-Mean") && table.contains("MAE") && !table.contains("a,1"))
    #expect(try String(decoding: folder.data("table.csv"), as: UTF8.self).contains("\nb,1.0"))
  }

  @Test("masks made on the way are those that run writes", arguments: ["final", "first"])
  func streaming(emission: String) throws {
    try makePictures("davis/JPEGImages/480p/a/%05d.jpg")
    try makeMasks("davis/Annotations/480p/a/%05d.png")
    try folder.check("mkdir -p davis/ImageSets/480p masks/a")
    try folder.check(
      "echo '/JPEGImages/480p/a/00000.jpg /Annotations/480p/a/00000.png'"
        + " >davis/ImageSets/480p/val.txt")
    let options = "--input-size 64 --threshold 0.02 --emit \(emission)"
    let streamed = try evaluate("davis2016 davis \(options)")
    try folder.check(
      "csnstream davis/JPEGImages/480p/a --mask masks/a/%05d.png \(options)")
    let stored = try evaluate("davis2016 davis --predictions masks")
    let (found, expected) = (streamed.sequences["a"], stored.sequences["a"])
    #expect(found?.J.frames == expected?.J.frames && found?.F.frames == expected?.F.frames)
    #expect(found?.frames.count == 12)
    let run = try #require(streamed.streaming)
    #expect(run.frames == 12 && run.latency_frames_bound == (emission == "first" ? 4 : 7))
    #expect(run.latency_frames_max <= run.latency_frames_bound)
    #expect(stored.streaming == nil)
  }

  @Test(
    "of sparse ground truth, the frames that have one count",
    arguments: [
      ("fbms", "Testset/cars1/cars1_%02d.jpg", "Testset/cars1/GroundTruth", "cars1_%02d_gt.pgm"),
      ("fbms", "Testset/cars1/cars1_%02d.jpg", "inst/test/cars1", "cars1_%02d.png"),
      ("visal", "ViSal/cars1/%03d.jpg", "GroundTruth/cars1", "%03d.png"),
    ])
  func sparse(layout: String, pictures: String, truth: String, name: String) throws {
    try makePictures("set/\(pictures)", first: 1)
    try makeMasks("all/%05d.png")
    try folder.check("mkdir -p set/\(truth) masks/cars1")
    for number in [3, 9] {
      try folder.check(
        "ffmpeg -v error -i all/\(String(format: "%05d", number - 1)).png"
          + " set/\(truth)/\(String(format: name, number))")
    }
    let streamed = try evaluate("\(layout) set --input-size 64")
    // These are numbered from 0.
    try folder.check(
      "csnstream set/$(dirname \(pictures)) --input-size 64 --soft --mask masks/cars1/%05d.png")
    let stored = try evaluate("\(layout) set --predictions masks")
    #expect(stored.sequences["cars1"]?.frames.count == 2)
    #expect(stored.sod == streamed.sod && stored.flattened == streamed.flattened)
    // These by their frames' numbers.
    try folder.check("mkdir -p few/cars1; cp all/00002.png few/cars1/00003.png")
    try folder.check("cp all/00008.png few/cars1/00009.png")
    #expect(
      try evaluate("\(layout) set --predictions few").sequences["cars1"]?.J.frames == [1, 1])
  }

  @Test("failures are told in one line that names the file")
  func failures() throws {
    try makeMasks("truth/a/%05d.png")
    try makeMasks("gap/a/%05d.png")
    try folder.check(
      """
      rm gap/a/00005.png; mkdir -p small/a empty/a none other/Testset/a set/Testset/a
      ffmpeg -v error -i truth/a/%05d.png -vf scale=48:32 -start_number 0 small/a/%05d.png
      mkdir set/Testset/a/GroundTruth
      """)
    try makePictures("set/Testset/a/%02d.jpg")
    for (arguments, words) in [
      ("folder missing --predictions truth", ["missing", "no such folder"]),
      ("folder none --predictions truth", ["none", "no folders of sequences"]),
      ("folder empty --predictions truth", ["empty/a", "no images"]),
      ("folder truth --predictions missing", ["missing/a", "no such folder"]),
      ("folder truth --predictions gap", ["gap/a/00005.png", "no such prediction"]),
      ("folder truth --predictions small", ["small/a/0", "48x32", "96x64"]),
      ("folder truth --predictions truth --sequence b", ["truth", "no sequence \"b\""]),
      ("folder truth --predictions truth --csv no/a.csv", ["no/a.csv", "No such file"]),
      ("davis2016 truth --predictions truth", ["truth/ImageSets/480p/val.txt", "no such file"]),
      ("visal truth", ["truth/ViSal", "no such folder"]),
      ("fbms other", ["other/Testset/a/GroundTruth", "no such folder"]),
      ("fbms set", ["set/Testset/a/GroundTruth", "no images"]),
    ] {
      let outcome = try folder.run("csnstream eval \(arguments)")
      #expect(outcome.status == 1 && outcome.messages.count == 1, "\(arguments)")
      #expect(outcome.messages.first?.hasPrefix("csnstream: error: ") == true, "\(arguments)")
      for word in words {
        #expect(outcome.messages.first?.contains(word) == true, "\(outcome.messages)")
      }
    }
    try folder.check(
      "mkdir -p part/ImageSets/480p part/Annotations/480p; echo a >part/ImageSets/480p/val.txt")
    try makePictures("part/JPEGImages/480p/a/%05d.jpg")
    try folder.check("cp -r gap/a part/Annotations/480p")
    let part = try folder.run("csnstream eval davis2016 part")
    #expect(part.messages.first?.contains("ground truth for 11 of 12 pictures") == true)
    try folder.check(
      """
      cp truth/a/00005.png part/Annotations/480p/a; cd part/JPEGImages/480p/a
      head -c 1500 00006.jpg >short; mv short 00006.jpg
      """)
    let cut = try folder.run("csnstream eval davis2016 part --input-size 64")
    #expect(cut.status == 1 && cut.messages.last?.contains("damaged") == true)
    try makePictures("wide/ViSal/a/%03d.jpg")
    try folder.check("mkdir -p wide/GroundTruth/a")
    try folder.check(
      "ffmpeg -v error -i truth/a/00003.png -vf scale=64:64 wide/GroundTruth/a/003.png")
    let outcome = try folder.run("csnstream eval visal wide --input-size 64")
    let reason = "a: its pictures are 96x64, their ground truth is 64x64"
    #expect(outcome.messages == ["csnstream: error: \(reason)"])
  }
}
