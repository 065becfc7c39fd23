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
    print("csnstream  \(CSNStream.configuration.version)")
    print("OpenVINO   \(try OpenVINO.version())")
    print("FFmpeg     \(FFmpegVersion.libraries.joined(separator: ", "))")
    print("CPU        \(OpenVINO.cpuFeatures().joined(separator: " "))")
    for device in try OpenVINO.devices() {
      let capabilities = device.capabilities.joined(separator: " ")
      print("device     \(device.name): \(device.fullName) (\(capabilities))")
    }
    for network in Catalogue.all {
      let weights = (try? network.bundledWeightsPath()) ?? "bring your own with --weights"
      print("network    \(network.name): \(weights)")
    }
    print("cache      \(ModelCache.defaultDirectory)")
  }
}
