import ArgumentParser
import Foundation
import Inference
import Network
import Segmentation

/// `csnstream profile`: the paper's Table 1 for the catalogue on this machine.
struct Profile: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure networks: size, memory, seconds per clip and per new frame.",
    discussion: """
      Every row is measured in a process of its own, without the model cache: memory is that \
      process's peak, compiling included. Times are medians, with the fastest and the slowest run. \
      Networks whose weights are not here are measured with made-up ones, which take as long.
      """)

  @Option(help: ArgumentHelp("A network; all if not given. May be repeated.", valueName: "name"))
  var model: [String] = []

  @Option(
    help: ArgumentHelp(
      "A size of clips; 8x128x224 if not given. May be repeated.", valueName: "TxHxW"))
  var clip: [ClipShape] = []

  @Option(help: "CPU, GPU or NPU.")
  var device = Device.cpu

  @Option(help: ArgumentHelp("CPU threads; all cores if not given.", valueName: "count"))
  var threads: Int?

  @Option(help: ArgumentHelp("Timed runs of each, after one that is not.", valueName: "count"))
  var runs = 5

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    guard runs >= 1 else { throw ValidationError("--runs must be at least 1") }
    if device == .auto { throw ValidationError("--device must name a device to be measured") }
    if let threads, threads < 1 { throw ValidationError("--threads must be at least 1") }
  }

  func run() throws {
    try Failure.reporting {
      let networks = try model.isEmpty ? Catalogue.all : model.map(Catalogue.network(named:))
      let clips = clip.isEmpty ? [ClipShape(frames: 8, height: 128, width: 224)] : clip
      for network in networks { for clip in clips { _ = try network.cost(of: clip) } }
      let precisions = try nativePrecisions()

      var rows: [ProfileRow] = []
      if !json { try StandardOutput.print(ProfileRow.table.header) }
      for network in networks {
        let weights = try ProfiledWeights(network)
        for clip in clips {
          for precision in precisions {
            let measurement = try MeasuringProcess(
              network: network, weights: weights.path, clip: clip, device: device,
              precision: precision, threads: threads, runs: runs
            ).run()
            let row = try ProfileRow(
              network, clip: clip, precision: precision, weights: weights, measurement)
            rows.append(row)
            if !json { try StandardOutput.print(row.line) }
          }
        }
      }
      if json { return try JSONOutput.print(rows) }
      if rows.contains(where: \.weightsAreMadeUp) { try StandardOutput.print("* made-up weights") }
    }
  }

  /// The precisions that the device says it computes in.
  private func nativePrecisions() throws -> [Precision] {
    let devices = try OpenVINO.devices()
    let name = device.rawValue
    guard let info = devices.first(where: { $0.name == name || $0.name.hasPrefix("\(name).") })
    else {
      let names = devices.map(\.name).joined(separator: ", ")
      throw Failure("there is no \(name) that OpenVINO can use here; there is: \(names)")
    }
    return [("FP32", Precision.f32), ("BF16", .bf16), ("FP16", .f16)]
      .filter { info.capabilities.contains($0.0) }.map(\.1)
  }
}
