/// How a network is compiled.
public struct EngineOptions: Hashable, Sendable {
  /// The device to compile for.
  public var device: Device
  /// The precision to compute in. Nil: on the CPU bf16 where the CPU has instructions for it, else
  /// f32; on other devices f16.
  public var precision: Precision?
  /// The number of CPU threads, 1 or more; OpenVINO takes no more than there are cores. Nil: all
  /// cores. Other devices ignore it.
  public var threads: Int?
  /// The folder in which compiled networks are kept for the next start; it is made when missing.
  /// Nil: they are not kept.
  public var cacheDirectory: String?

  /// The options of an engine.
  public init(
    device: Device = .cpu, precision: Precision? = nil, threads: Int? = nil,
    cacheDirectory: String? = nil
  ) {
    self.device = device
    self.precision = precision
    self.threads = threads
    self.cacheDirectory = cacheDirectory
  }
}
