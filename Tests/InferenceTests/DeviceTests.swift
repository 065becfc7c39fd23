import Foundation
import Inference
import Testing

@Suite struct DeviceTests {
  @Test func `lists the CPU with its name and formats`() throws {
    let cpu = try #require(try OpenVINO.devices().first { $0.name == "CPU" })
    #expect(!cpu.fullName.isEmpty)
    #expect(cpu.capabilities.contains("FP32"))
  }

  @Test func `tells the version as numbers only`() throws {
    let parts = try OpenVINO.version().split(separator: ".").map { Int($0) }
    #expect(parts.count == 3 && !parts.contains(nil))
  }

  @Test(arguments: [
    (
      "flags\t\t: fpu sse2 avx2 avx512f avx512_bf16 amx_tile",
      ["avx2", "avx512f", "avx512_bf16", "amx_tile"]
    ),
    ("Features\t: fp asimd bf16", ["asimd", "bf16"]),
    ("flags : avx2_lookalike", []),
  ])
  func `names the CPU features that matter`(line: String, features: [String]) throws {
    let file = NSTemporaryDirectory() + "csnstream-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: file) }
    try Data("processor : 0\n\(line)\nbugs : none\n".utf8).write(to: URL(fileURLWithPath: file))
    #expect(OpenVINO.cpuFeatures(cpuInfo: file) == features)
  }
}
