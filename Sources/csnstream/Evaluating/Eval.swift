import ArgumentParser
import Evaluation
import Foundation
import Inference
import Media
import Network
import Segmentation
import Streaming

/// `csnstream eval`: how good masks are, measured on a data set with ground truth.
struct Eval: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure masks on a data set: J, F and the measures of salient object detection.",
    discussion: """
      Without --predictions the network runs on the data set's pictures, exactly as run does on a \
      video: --emit and --overlap show what low latency costs.

      davis2016: ImageSets, JPEGImages/480p, Annotations/480p. fbms: Testset/SEQ with ground truth in \
      inst/test/SEQ or GroundTruth. visal: ViSal/SEQ, GroundTruth/SEQ. folder: ROOT/SEQ holds the \
      ground truth.

      In ground truth everything that is not black is foreground; only frames that have one count. In \
      predictions, DIR/SEQ/FRAME.png, 128 and above is foreground, or what --threshold says; where a \
      sequence's images have two values in all they are masks. As many images as there are pictures \
      are taken in order, fewer by their names or numbers.
      """)

  @Argument(help: "How the data set lies on the disk: davis2016, fbms, visal or folder.")
  var layout: DatasetLayout

  @Argument(help: "The data set's folder.")
  var root: String

  @Option(help: ArgumentHelp("Masks made before, instead of running a network.", valueName: "dir"))
  var predictions: String?

  @Option(
    help: ArgumentHelp(
      "The list of DAVIS: val (which is the default), train or trainval.", valueName: "name"))
  var split: String?

  @Option(help: ArgumentHelp("A sequence; all if not given. May be repeated.", valueName: "name"))
  var sequence: [String] = []

  @Option(help: ArgumentHelp("Probability above which a pixel is foreground.", valueName: "0…1"))
  var threshold: Float = 0.5

  @Option(
    help: ArgumentHelp(
      "Write everything as JSON, every frame included; - for stdout, instead of the table.",
      valueName: "file"))
  var json: String?

  @Option(
    help: ArgumentHelp(
      "Write the table as CSV; - for stdout, instead of the table.", valueName: "file"))
  var csv: String?

  @OptionGroup(title: "Network") var network: NetworkOptions
  @OptionGroup(title: "Device") var device: DeviceOptions
  @OptionGroup(title: "Clips") var clips: ClipOptions

  func validate() throws {
    guard (0...1).contains(threshold) else {
      throw ValidationError("--threshold must be from 0 to 1")
    }
    if split != nil && layout != .davis2016 {
      throw ValidationError("--split: only davis2016 has lists of sequences")
    }
    if layout == .folder && predictions == nil {
      throw ValidationError("folder holds no pictures; give --predictions")
    }
    if case .elastic = clips.overlap {
      throw ValidationError("--overlap must be a number here: nothing has to keep up")
    }
    if let json, json == csv { throw ValidationError("--json and --csv are the same file") }
    if predictions != nil, try configuresMaking {
      throw ValidationError(
        "with --predictions no network runs: leave out options of networks, devices and clips")
    }
  }

  /// Whether options are given that matter only for masks that are yet to be made.
  private var configuresMaking: Bool {
    get throws {
      let given = ["\(network)", "\(device)", "\(clips)"]
      return try given != [
        "\(NetworkOptions.parse([]))", "\(DeviceOptions.parse([]))", "\(ClipOptions.parse([]))",
      ]
    }
  }

  func run() async throws {
    do { try await evaluate() } catch {
      Console.say("csnstream: error: \(Failure.line(error))")
      throw ExitCode.failure
    }
  }

  private func evaluate() async throws {
    for case let path? in [json, csv] where path != "-" { try OutputFile.checkWritable(path) }
    let sequences = try chosenSequences()
    let stored = try predictions.map { folder in
      try sequences.map { try PredictionFolder(folder, of: $0, threshold: threshold) }
    }
    let truths = sequences.flatMap { $0.frames.map(\.groundTruth) }
    let inputs = truths + (stored ?? []).flatMap(\.paths)
    for case let path? in [json, csv] {
      try OutputFile.check(path, isNoneOf: inputs + [network.weights])
    }
    let table = EvaluationReport.table(sequences.map(\.name))
    var measures = DatasetMeasures()
    func add(_ sequence: EvaluatedSequence, _ frames: [FrameMeasures]) throws {
      try show(table.row(EvaluationReport.row(measures.add(sequence.name, frames: frames))))
    }

    var streaming: StreamingReport?
    try show(table.header)
    if let stored {
      for (sequence, folder) in zip(sequences, stored) {
        try add(sequence, await sequence.evaluate(folder.prediction))
      }
    } else {
      var streamed = try streamedEvaluation()
      for sequence in sequences {
        try add(sequence, await sequence.evaluate(streamed.run(sequence).prediction))
      }
      streaming = streamed.report
    }

    let report = EvaluationReport(
      measures: measures, frameNames: sequences.map { $0.frames.map(\.name) },
      streaming: streaming)
    try show(table.row(report.globalRow))
    for line in report.summary { try show(line) }
    if let json { try write(report.json(), to: json) }
    if let csv { try write(Data(report.csv.utf8), to: csv) }
  }

  /// Prints a line of the table.
  private func show(_ line: String) throws {
    if json != "-", csv != "-" { try StandardOutput.print(line) }
  }

  private func write(_ data: Data, to path: String) throws {
    if path == "-" { return try StandardOutput.write(data) }
    try OutputFile.write(Array(data), to: path)
  }

  private func chosenSequences() throws -> [EvaluatedSequence] {
    let root = root.count > 1 && root.hasSuffix("/") ? String(root.dropLast()) : root
    guard isFolder(root) else { throw Failure("\(root.isEmpty ? "\"\"" : root): no such folder") }
    return try layout.sequences(in: root, split: split ?? "val", named: sequence)
  }

  private func streamedEvaluation() throws -> StreamedEvaluation {
    StreamedEvaluation(
      network, settings: clips.settings(isLive: false),
      shortEdge: try clips.inputSize ?? network.description.shortEdge, device: device,
      masks: clips.schedule == .published
        ? .binaryNearest(threshold: threshold) : .binary(threshold: threshold))
  }
}
