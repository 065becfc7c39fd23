public import ArgumentParser
public import Inference

/// What a network runs on, and how.
struct DeviceOptions: ParsableArguments {
  @Option(help: "CPU, GPU, NPU or AUTO (the GPU if there is one).")
  var device = Device.cpu

  @Option(
    help: """
      auto (bf16 on a CPU that computes it natively, else f32; f16 on other devices), f32, bf16 or \
      f16.
      """)
  var precision = PrecisionChoice.auto

  @Option(help: ArgumentHelp("CPU threads; all cores if not given.", valueName: "count"))
  var threads: Int?

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads must be at least 1") }
  }

  /// - Parameter cacheDirectory: where compiled networks are kept; nil: nowhere.
  func engineOptions(cacheDirectory: String?) -> EngineOptions {
    EngineOptions(
      device: device, precision: precision.precision, threads: threads,
      cacheDirectory: cacheDirectory)
  }
}

/// A precision, or the choice left to the engine.
enum PrecisionChoice: String, CaseIterable, ExpressibleByArgument {
  case auto, f32, bf16, f16

  var precision: Precision? { Precision(rawValue: rawValue) }
}

extension Device: ExpressibleByArgument {
  /// Reads the name in any case.
  public init?(argument: String) { self.init(rawValue: argument.uppercased()) }
}
