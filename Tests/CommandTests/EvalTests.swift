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

  /// Writes twelve masks of a square that moves.
  private func makeMasks(_ pattern: String, level: Int = 255, step: Int = 3) throws {
    let square = "between(X\\,\(step)*N\\,\(step)*N+30)*between(Y\\,12\\,40)"
    try folder.check(
      "mkdir -p $(dirname \(pattern)); ffmpeg -v error -f lavfi -i"
        + " \"color=black:s=96x64:r=25:d=0.48,format=gray,geq=lum=\(level)*\(square)\""
        + " -start_number 0 \(pattern)")
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
    #expect(expected.contains("\na,0.8"))
    for form in ["ones", "bits", "soft", "labels"] {
      let found = try folder.check("csnstream eval folder truth --predictions \(form) --csv -")
      #expect(found == expected, "\(form)")
    }
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
    let options = "--input-size 64 --threshold 0.3 --emit \(emission)"
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
    let options = "--input-size 64 --threshold 0.3"
    let streamed = try evaluate("\(layout) set \(options)")
    // These are numbered from 0.
    try folder.check(
      "csnstream set/$(dirname \(pictures)) --mask masks/cars1/%05d.png \(options)")
    let stored = try evaluate("\(layout) set --predictions masks")
    #expect(stored.sequences["cars1"]?.frames.count == 2)
    #expect(stored.sequences["cars1"]?.J.frames == streamed.sequences["cars1"]?.J.frames)
    #expect(stored.sequences["cars1"]?.F.frames == streamed.sequences["cars1"]?.F.frames)
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
    try makePictures("wide/ViSal/a/%03d.jpg")
    try folder.check("mkdir -p wide/GroundTruth/a")
    try folder.check(
      "ffmpeg -v error -i truth/a/00003.png -vf scale=64:64 wide/GroundTruth/a/003.png")
    let outcome = try folder.run("csnstream eval visal wide --input-size 64")
    let reason = "a: its pictures are 96x64, their ground truth is 64x64"
    #expect(outcome.messages == ["csnstream: error: \(reason)"])
  }
}
