/// A network compiled for one input shape: 8-bit values in, floating-point values out.
///
/// It may be shared between tasks; runs do not overlap, a second caller waits. A run blocks its
/// thread for as long as the network takes.
public protocol InferenceEngine: AnyObject, Sendable {
  /// What computes, and how.
  var summary: EngineSummary { get }
  /// The sizes of the input, for a clip `[T, H, W, 3]`, outermost first.
  var inputShape: [Int] { get }
  /// The outputs in the order in which `run` lends them.
  var outputs: [EngineOutput] { get }

  /// Runs the network once.
  ///
  /// Nothing is copied and nothing is allocated: both closures work on the memory that the network
  /// itself reads and writes. It is lent for the time of the call.
  ///
  /// - Parameters:
  ///   - fill: Writes the whole input, as many values as `inputShape` holds. What it leaves
  ///     unwritten keeps an unspecified value.
  ///   - read: Called once for every output, with as many values as its shape holds.
  func run(
    fill: (inout MutableSpan<UInt8>) -> Void,
    read: (EngineOutput, Span<Float>) -> Void
  ) throws(InferenceError)
}

/// The name and the shape of one output.
public struct EngineOutput: Hashable, Sendable {
  /// The name that the model gives it.
  public var name: String
  /// Its sizes, outermost first.
  public var shape: [Int]

  /// An output of an engine.
  public init(name: String, shape: [Int]) {
    self.name = name
    self.shape = shape
  }
}

/// What computes a network, and how.
public struct EngineSummary: Hashable, Sendable, CustomStringConvertible {
  /// The inference library with its version, for instance `OpenVINO 2026.4.1`.
  public var engine: String
  /// The device that was picked, for instance `CPU`.
  public var device: Device
  /// The name the device gives itself, for instance `AMD EPYC`.
  public var deviceName: String
  /// The precision that the compiled network reports.
  public var precision: Precision
  /// The number of threads that the compiled network reports; nil for devices other than the CPU.
  public var threads: Int?

  /// A summary of an engine.
  public init(
    engine: String, device: Device, deviceName: String, precision: Precision, threads: Int?
  ) {
    self.engine = engine
    self.device = device
    self.deviceName = deviceName
    self.precision = precision
    self.threads = threads
  }

  /// For instance `OpenVINO 2026.4.1, CPU (AMD EPYC), f32, 2 threads`.
  public var description: String {
    let threads = threads.map { $0 == 1 ? ", 1 thread" : ", \($0) threads" } ?? ""
    return "\(engine), \(device.rawValue) (\(deviceName)), \(precision.rawValue)\(threads)"
  }
}

/// A kind of device that networks run on.
public enum Device: String, CaseIterable, Hashable, Sendable {
  /// The processor.
  case cpu = "CPU"
  /// An Intel graphics processor; the first one where there are several.
  case gpu = "GPU"
  /// An Intel neural processing unit.
  case npu = "NPU"
  /// The GPU where there is one, else the CPU. Decided once, before the network is compiled.
  case auto = "AUTO"
}

/// A floating-point format in which a network is computed.
public enum Precision: String, CaseIterable, Hashable, Sendable {
  /// IEEE 754 single precision.
  case f32
  /// bfloat16: single precision cut to 8 significant bits.
  case bf16
  /// IEEE 754 half precision.
  case f16
}
