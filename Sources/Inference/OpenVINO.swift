import Foundation

/// What the machine offers to networks.
public enum OpenVINO {
  /// A device that OpenVINO can use.
  public struct DeviceInfo: Hashable, Sendable {
    /// OpenVINO's name for it, for instance `CPU` or `GPU.0`.
    public var name: String
    /// The name it gives itself, for instance `AMD EPYC`.
    public var fullName: String
    /// What it computes natively, in OpenVINO's words, for instance `FP32`, `BF16`, `INT8`.
    public var capabilities: [String]
  }

  /// OpenVINO's version, for instance `2026.4.1`.
  public static func version() throws(InferenceError) -> String {
    try OpenVINOCore.version()
  }

  /// The devices that are there.
  public static func devices() throws(InferenceError) -> [DeviceInfo] {
    let core = try OpenVINOCore()
    var devices: [DeviceInfo] = []
    for name in try core.availableDevices() {
      devices.append(
        DeviceInfo(
          name: name, fullName: try core.fullName(of: name),
          capabilities: try core.capabilities(of: name)))
    }
    return devices
  }

  /// The CPU's instruction sets that decide about a network's speed, in the kernel's words.
  ///
  /// - Parameter cpuInfo: A file in the form of Linux's `/proc/cpuinfo`.
  public static func cpuFeatures(cpuInfo: String = "/proc/cpuinfo") -> [String] {
    let relevant = [
      "avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_bf16",  // x86-64
      "asimd", "asimdhp", "bf16", "i8mm", "sve",  // aarch64
    ]
    let text = (try? String(contentsOfFile: cpuInfo, encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first {
      $0.hasPrefix("flags") || $0.hasPrefix("Features")
    }
    let present = Set((line ?? "").split(whereSeparator: \.isWhitespace))
    return relevant.filter { present.contains(Substring($0)) }
  }
}
