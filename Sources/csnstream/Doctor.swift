import ArgumentParser
import Foundation
import Inference
import Media
import Network

/// `csnstream doctor`: what this machine offers, for people and for bug reports.
struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print versions, devices, CPU features, and where models and caches are.")

  func run() throws {
    try Failure.reporting {
      try StandardOutput.print("csnstream  \(CSNStream.configuration.version)")
      try StandardOutput.print("OpenVINO   \(try OpenVINO.version())")
      try StandardOutput.print("FFmpeg     \(FFmpegVersion.libraries.joined(separator: ", "))")
      try StandardOutput.print("CPU        \(OpenVINO.cpuFeatures().joined(separator: " "))")
      for device in try OpenVINO.devices() {
        let capabilities = device.capabilities.joined(separator: " ")
        try StandardOutput.print("device     \(device.name): \(device.fullName) (\(capabilities))")
      }
      for network in Catalogue.all {
        let weights =
          switch network.weightsOrigin {
          case .bundled: try network.bundledWeightsPath()
          case .external: "bring your own with --weights"
          }
        try StandardOutput.print("network    \(network.name): \(weights)")
      }
      try StandardOutput.print("cache      \(ModelCache.defaultDirectory)")
    }
  }
}
