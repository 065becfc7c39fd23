import Foundation
import Inference
import Network
import Segmentation

/// One line of the profile.
struct ProfileRow: Encodable {
  struct Seconds: Encodable {
    let median: Double
    let min: Double
    let max: Double
  }

  let network: String
  let clip: String
  let precision: String
  let engine: String
  let parameters: Int
  let multiplyAccumulates: Int
  let weightsBytes: Int
  let weightsAreMadeUp: Bool
  let peakMemoryBytes: Int
  let startupSeconds: Double
  let secondsPerClip: Seconds
  /// The median divided by the frames that a clip adds to the one before it.
  let secondsPerNewFrame: Double

  init(
    _ network: NetworkDescription, clip: ClipShape, precision: Precision,
    weights: ProfiledWeights, _ measurement: Measurement
  ) throws {
    let cost = try network.cost(of: clip)
    self.network = network.name
    self.clip = clip.description
    self.precision = precision.rawValue
    engine = measurement.engine
    parameters = cost.parameters
    multiplyAccumulates = cost.multiplyAccumulates
    weightsBytes = weights.byteCount
    weightsAreMadeUp = weights.areMadeUp
    peakMemoryBytes = measurement.peakMemoryBytes
    startupSeconds = measurement.startupSeconds
    let sorted = measurement.seconds.sorted()
    let middle = sorted.count / 2
    let median =
      sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    secondsPerClip = Seconds(median: median, min: sorted[0], max: sorted[sorted.count - 1])
    secondsPerNewFrame = median / Double(max(1, clip.frames - ClipSettings().overlap))
  }

  static let table = TextTable([
    "network": 13, "clip": 11, "precision": 0, "parameters": 0, "GMAC": 7, "weights": 8,
    "peak memory": 0, "s/clip (min…max)": 23, "s/new frame": 0,
  ])

  /// The row for people.
  var line: String {
    let times = String(
      format: "%.3f (%.3f…%.3f)", secondsPerClip.median, secondsPerClip.min, secondsPerClip.max)
    return Self.table.row([
      network + (weightsAreMadeUp ? "*" : ""), clip, precision, Quantity.millions(parameters),
      Quantity.billions(multiplyAccumulates), Quantity.megabytes(weightsBytes),
      Quantity.megabytes(peakMemoryBytes), times, String(format: "%.4f", secondsPerNewFrame),
    ])
  }
}

/// The weights a network is profiled with. Made-up ones are in a file without a name, which is gone
/// with this process, however that ends.
final class ProfiledWeights {
  let path: String
  let byteCount: Int
  private let madeUp: FileHandle?

  init(_ network: NetworkDescription) throws {
    switch network.weightsOrigin {
    case .bundled:
      path = try network.bundledWeightsPath()
      madeUp = nil
    case .external:
      let name = NSTemporaryDirectory() + "csnstream-\(UUID().uuidString).safetensors"
      try MadeUpWeights.write(for: network, to: name)
      defer { unlink(name) }
      let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: name))
      path = "/proc/\(getpid())/fd/\(file.fileDescriptor)"
      madeUp = file
    }
    var status = stat()
    byteCount = stat(path, &status) == 0 ? Int(status.st_size) : 0
  }

  var areMadeUp: Bool { madeUp != nil }
}
