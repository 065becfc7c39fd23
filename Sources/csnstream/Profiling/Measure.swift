import ArgumentParser
import Foundation
import Inference
import Network

/// `csnstream measure`: times one network in this process, for `profile` and for benchmarks.
struct Measure: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Time one network on one clip size; print JSON.", shouldDisplay: false)

  @OptionGroup var network: NetworkOptions
  @OptionGroup var device: DeviceOptions

  @Option(help: ArgumentHelp("The size of the clips, such as 8x256x448.", valueName: "TxHxW"))
  var clip: ClipShape

  @Option(help: ArgumentHelp("Timed runs, after one that is not.", valueName: "count"))
  var runs = 5

  @Option(help: ArgumentHelp("Where compiled networks are kept; nowhere.", valueName: "folder"))
  var cache: String?

  func validate() throws {
    guard runs >= 1 else { throw ValidationError("--runs must be at least 1") }
  }

  func run() throws {
    try Failure.reporting { try JSONOutput.print(try measurement()) }
  }

  private func measurement() throws -> Measurement {
    let start = ContinuousClock.now
    let engine = try network.compile(clip: clip, device: device, cacheDirectory: cache) {
      Console.warn($0)
    }
    try runOnce(engine)
    let startup = (ContinuousClock.now - start) / .seconds(1)
    let seconds = try (0..<runs).map { _ in
      let start = ContinuousClock.now
      try runOnce(engine)
      return (ContinuousClock.now - start) / .seconds(1)
    }
    return Measurement(
      engine: engine.summary.description, startupSeconds: startup, seconds: seconds,
      peakMemoryBytes: ProcessMemory.peak)
  }

  /// Runs the network on noise, so that no part of it has an easy time.
  private func runOnce(_ engine: OpenVINOEngine) throws {
    try engine.run(
      fill: { frames in
        var state: UInt32 = 1
        for index in frames.indices {
          // Numerical Recipes' linear congruential generator.
          state = state &* 1_664_525 &+ 1_013_904_223
          frames[index] = UInt8(state >> 24)
        }
      },
      read: { _, _ in })
  }
}

/// What running a network in a process of its own took.
struct Measurement: Codable {
  /// What computed, and how.
  let engine: String
  /// From nothing to the first result.
  let startupSeconds: Double
  /// Each later run.
  let seconds: [Double]
  /// The process's, compiling the network included.
  let peakMemoryBytes: Int
}
