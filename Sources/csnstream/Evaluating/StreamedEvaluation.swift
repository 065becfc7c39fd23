import Inference
import Media
import Network
import Segmentation
import Streaming

/// Runs the pipeline over the pictures of sequences; notes how fast and how late it was.
struct StreamedEvaluation {
  private let network: NetworkOptions
  private let settings: ClipSettings
  private let shortEdge: Int
  private let device: DeviceOptions
  private let masks: MaskScaler.Output
  /// Compiled for the canvas of the latest sequence.
  private var compiled: (canvas: PixelSize, engine: OpenVINOEngine)?
  /// What happened so far; nil before the first sequence.
  private(set) var report: StreamingReport?

  /// - Parameters:
  ///   - shortEdge: of what the network sees, in pixels.
  ///   - masks: how probabilities become masks.
  init(
    _ network: NetworkOptions, settings: ClipSettings, shortEdge: Int,
    device: DeviceOptions, masks: MaskScaler.Output
  ) {
    self.network = network
    self.settings = settings
    self.shortEdge = shortEdge
    self.device = device
    self.masks = masks
  }

  /// Segments a sequence.
  mutating func run(_ sequence: EvaluatedSequence) async throws -> StreamedPredictions {
    guard let folder = sequence.pictureFolder, !sequence.pictureNames.isEmpty else {
      throw Failure("\(sequence.pictureFolder ?? sequence.name): has no pictures")
    }
    let interruption = Interruption()
    let reader = try MediaReader(.imageFolder(folder), interruption: interruption)
    let geometry = InputGeometry(displaySize: reader.video.displaySize, shortEdge: shortEdge)
    let engine = try engine(for: geometry)
    let pipeline = SegmentationPipeline(settings: settings, geometry: geometry, engine: engine)
    let wanted = Set(sequence.frames.compactMap(\.index))
    var probabilities: [Int: [Float]] = [:]
    let run = try await pipeline.run(source: FileSource(reader), interruption: interruption) {
      if case .frame(let frame) = $0, wanted.contains(frame.index) {
        probabilities[frame.index] = frame.probabilities
      }
    }
    if let error = run.inputError { throw error }
    guard run.framesOut == sequence.pictureNames.count else {
      throw Failure(
        "\(folder): \(run.framesOut) of \(sequence.pictureNames.count) pictures were read")
    }
    var report = report ?? StreamingReport(network.model, settings, shortEdge, engine.summary)
    report.add(run)
    self.report = report
    return StreamedPredictions(
      sequence: sequence.name, geometry: geometry, masks: masks,
      probabilities: sequence.frames.compactMap { $0.index.flatMap { probabilities[$0] } })
  }

  private mutating func engine(for geometry: InputGeometry) throws -> OpenVINOEngine {
    if let compiled, compiled.canvas == geometry.canvasSize { return compiled.engine }
    let engine = try network.compile(
      clip: ClipShape(settings, geometry), device: device,
      cacheDirectory: ModelCache.defaultDirectory
    ) { Console.warn($0) }
    // The first run is the slow one.
    try engine.run(fill: { _ in }, read: { _, _ in })
    compiled = (geometry.canvasSize, engine)
    return engine
  }
}

/// What made the masks, how fast, and how late they were.
struct StreamingReport: Encodable {
  let model: String
  let engine: String
  let clipLength: Int
  let overlap: Int
  let emit: String
  let schedule: String
  /// Short edge of what the network saw, in pixels.
  let inputSize: Int
  /// The largest number of newer frames that had arrived when a mask was ready, and its bound; with
  /// `--emit first` from the second clip on.
  private(set) var latencyFramesMax = 0
  let latencyFramesBound: Int
  /// Frames decoded, segmented and delivered.
  private(set) var frames = 0
  /// The time they took, all sequences together.
  private(set) var seconds = 0.0

  init(
    _ model: String, _ settings: ClipSettings, _ shortEdge: Int, _ engine: EngineSummary
  ) {
    self.model = model
    self.engine = engine.description
    clipLength = settings.clipLength
    overlap = settings.overlap
    emit = settings.emission.rawValue
    schedule = settings.tail.rawValue
    inputSize = shortEdge
    latencyFramesBound = settings.latencyBoundInFrames
  }

  mutating func add(_ run: PipelineReport) {
    latencyFramesMax = max(latencyFramesMax, run.latencyInFramesMax)
    frames += run.framesOut
    seconds += run.elapsedSeconds
  }

  /// Frames per second, decoding and scaling included.
  var fps: Double { Double(frames) / seconds }

  private enum CodingKeys: String, CodingKey {
    case model, engine, overlap, emit, schedule, frames, seconds
    case clipLength = "clip_length"
    case inputSize = "input_size"
    case latencyFramesMax = "latency_frames_max"
    case latencyFramesBound = "latency_frames_bound"
  }
}
