// Segments a video file and tells, as each mask becomes final, how much of the picture it covers:
//
//     swift run -c release SegmentFile video.mp4

import Inference
import Media
import Network
import Segmentation

@main
struct SegmentFile {
  static func main() async throws {
    guard CommandLine.arguments.count == 2 else { return print("usage: SegmentFile VIDEO") }
    var options = InputOptions()
    options.audio = false
    let reader = try MediaReader(.url(CommandLine.arguments[1]), options: options)
    let displaySize = reader.video.displaySize

    // Clips of 8 frames that overlap by 3; the network sees frames of the size it was made for.
    let settings = ClipSettings()
    let lite = try Catalogue.network(named: "lite")
    let geometry = InputGeometry(displaySize: displaySize, shortEdge: lite.shortEdge)
    let network = try lite.loadBundled()
    let engine = try OpenVINOEngine(
      network, settings: settings, geometry: geometry,
      options: EngineOptions(cacheDirectory: ModelCache.defaultDirectory))
    let pipeline = SegmentationPipeline(settings: settings, geometry: geometry, engine: engine)

    // Masks in the size of the video, 255 where the foreground is more likely than not.
    let scaler = MaskScaler(geometry, size: displaySize, output: .binary(threshold: 0.5))
    let report = try await pipeline.run(
      source: FileSource(reader), interruption: Interruption()
    ) { item in
      guard case .frame(let frame) = item else { return }
      let mask = scaler.mask(from: frame.probabilities)
      let percentage = 100 * mask.area / mask.pixels.count
      print(
        "\(frame.picture.timestamp?.seconds ?? 0) s: \(percentage) % foreground,",
        "\(frame.latencyInFrames) frames late")
    }
    if let error = report.inputError { throw error }
  }
}
