import Inference
import Testing

/// An input of the fixtures, [2, 3, 4, 3], that differs with the seed.
private func frames(seed: Int) -> [UInt8] {
  (0..<72).map { UInt8(truncatingIfNeeded: ($0 + seed) * 37) }
}

private func run(_ engine: OpenVINOEngine, on frames: [UInt8]) throws -> [String: [Float]] {
  var results: [String: [Float]] = [:]
  try engine.run { input in
    for index in frames.indices { input[index] = frames[index] }
  } read: { output, values in
    results[output.name] = (0..<values.count).map { values[$0] }
  }
  return results
}

private func means(of frames: [UInt8]) -> [Float] {
  stride(from: 0, to: frames.count, by: 3).map { index in
    frames[index..<index + 3].reduce(0) { $0 + Float($1) / 255 } / 3
  }
}

private func differ(_ a: [Float], _ b: [Float], by tolerance: Float) -> Bool {
  a.count != b.count || zip(a, b).contains { abs($0 - $1) > tolerance }
}

@Suite struct OpenVINOEngineTests {
  private let f32 = EngineOptions(precision: .f32)

  @Test func `takes shapes and names from the model`() throws {
    let engine = try OpenVINOEngine(onnx: Fixtures.scaledAndMean, options: f32)
    #expect(engine.inputShape == [2, 3, 4, 3])
    #expect(
      engine.outputs == [
        EngineOutput(name: "scaled", shape: [2, 3, 4, 3]),
        EngineOutput(name: "foreground", shape: [2, 3, 4]),
      ])
  }

  @Test func `computes every output from what was filled in`() throws {
    let engine = try OpenVINOEngine(onnx: Fixtures.scaledAndMean, options: f32)
    let frames = frames(seed: 1)
    let results = try run(engine, on: frames)
    #expect(!differ(results["scaled"] ?? [], frames.map { Float($0) / 255 }, by: 1e-6))
    #expect(!differ(results["foreground"] ?? [], means(of: frames), by: 1e-6))
  }

  @Test func `gives each run its own result on the same memory`() throws {
    let engine = try OpenVINOEngine(onnx: Fixtures.mean, options: f32)
    let first = try run(engine, on: frames(seed: 1))
    let second = try run(engine, on: frames(seed: 2))
    let third = try run(engine, on: frames(seed: 1))
    #expect(first == third)
    #expect(first != second)
    #expect(!differ(second["foreground"] ?? [], means(of: frames(seed: 2)), by: 1e-6))
  }

  @Test func `lends the same memory in every run`() throws {
    let engine = try OpenVINOEngine(onnx: Fixtures.mean, options: f32)
    var addresses: Set<[UInt]> = []
    for _ in 0..<3 {
      var pair: [UInt] = []
      try engine.run { input in
        input.withUnsafeMutableBufferPointer { pair.append(UInt(bitPattern: $0.baseAddress)) }
      } read: { _, values in
        values.withUnsafeBufferPointer { pair.append(UInt(bitPattern: $0.baseAddress)) }
      }
      addresses.insert(pair)
    }
    #expect(addresses.count == 1)
  }

  @Test func `reports what the compiled network uses`() throws {
    let engine = try OpenVINOEngine(
      onnx: Fixtures.mean, options: EngineOptions(precision: .f32, threads: 1))
    let summary = engine.summary
    #expect(summary.engine == "OpenVINO \(try OpenVINO.version())")
    #expect(summary.device == .cpu)
    #expect(summary.precision == .f32)
    #expect(summary.threads == 1)
    #expect(!summary.deviceName.isEmpty)
    #expect(
      summary.description == "\(summary.engine), CPU (\(summary.deviceName)), f32, 1 thread")
  }

  @Test func `uses all cores unless told otherwise`() throws {
    let all = try OpenVINOEngine(onnx: Fixtures.mean, options: f32).summary.threads
    let tooMany = try OpenVINOEngine(
      onnx: Fixtures.mean, options: EngineOptions(precision: .f32, threads: 100_000)
    ).summary.threads
    #expect((all ?? 0) >= 1)
    #expect(tooMany == all)
  }

  @Test(arguments: [0, -1]) func `refuses to run without threads`(threads: Int) {
    #expect(
      throws: InferenceError(.option, "\(threads) threads: there must be at least one")
    ) { try OpenVINOEngine(onnx: Fixtures.mean, options: EngineOptions(threads: threads)) }
  }

  @Test func `chooses bf16 only where the CPU computes it natively`() throws {
    let engine = try OpenVINOEngine(onnx: Fixtures.mean)
    let cpu = try #require(try OpenVINO.devices().first { $0.name == "CPU" })
    #expect(engine.summary.precision == (cpu.capabilities.contains("BF16") ? .bf16 : .f32))
  }

  @Test(
    .enabled(if: !OpenVINO.cpuFeatures().contains("avx512f"), "AVX-512 computes bf16, if slowly"),
    .enabled(if: OpenVINO.cpuFeatures().contains("avx2"), "other CPUs have formats of their own"),
    arguments: [Precision.bf16, .f16])
  func `refuses a precision that the CPU does not compute in`(precision: Precision) throws {
    let name = try OpenVINO.devices().first { $0.name == "CPU" }?.fullName ?? ""
    #expect(
      throws: InferenceError(
        .precision, "CPU (\(name)) computes in f32, not in \(precision.rawValue)")
    ) { try OpenVINOEngine(onnx: Fixtures.mean, options: EngineOptions(precision: precision)) }
  }

  @Test(arguments: [Device.gpu, .npu])
  func `names the devices there are when one is missing`(device: Device) throws {
    let names = try OpenVINO.devices().map(\.name)
    if names.contains(where: { $0.hasPrefix(device.rawValue) }) { return }
    #expect(
      throws: InferenceError(
        .device,
        "there is no \(device.rawValue) that OpenVINO can use here; there is: "
          + names.joined(separator: ", "))
    ) { try OpenVINOEngine(onnx: Fixtures.mean, options: EngineOptions(device: device)) }
  }

  @Test func `picks the GPU, else the CPU, when left the choice`() throws {
    let engine = try OpenVINOEngine(onnx: Fixtures.mean, options: EngineOptions(device: .auto))
    let hasGPU = try OpenVINO.devices().contains { $0.name.hasPrefix("GPU") }
    #expect(engine.summary.device == (hasGPU ? .gpu : .cpu))
  }

  @Test(arguments: [
    [], Array("hello".utf8), [UInt8](repeating: 255, count: 3000),
    Array(Fixtures.mean.prefix(Fixtures.mean.count / 2)),
  ])
  func `refuses a damaged model`(bytes: [UInt8]) throws {
    let error = try #require(throws: InferenceError.self) {
      try OpenVINOEngine(onnx: bytes, options: f32)
    }
    #expect(error.code == .model)
    #expect(error.message.hasPrefix("cannot read the model: "))
    #expect(!error.message.contains("\n") && !error.message.contains(".cpp"))
  }

  @Test(arguments: [
    (Fixtures.floatInput, "the model has not one 8-bit unsigned input"),
    (Fixtures.unknownShape, "the shape of `frames`"),
    (Fixtures.byteOutput, "the model's outputs are not all 32-bit floats"),
  ])
  func `refuses a model with other inputs and outputs`(bytes: [UInt8], reason: String) throws {
    let error = try #require(throws: InferenceError.self) {
      try OpenVINOEngine(onnx: bytes, options: f32)
    }
    #expect(error.code == .model)
    #expect(error.message.hasPrefix(reason))
  }

  @Test func `runs two engines at the same time`() async throws {
    try await withThrowingTaskGroup { group in
      for seed in 0..<2 {
        group.addTask {
          let engine = try OpenVINOEngine(
            onnx: Fixtures.mean, options: EngineOptions(precision: .f32))
          for step in 0..<50 {
            let frames = frames(seed: seed + 2 * step)
            let result = try run(engine, on: frames)["foreground"]
            #expect(!differ(result ?? [], means(of: frames), by: 1e-6))
          }
        }
      }
      try await group.waitForAll()
    }
  }

  @Test func `keeps the runs of two callers apart`() async throws {
    let engine = try OpenVINOEngine(onnx: Fixtures.mean, options: f32)
    try await withThrowingTaskGroup { group in
      for seed in 0..<2 {
        group.addTask {
          for step in 0..<50 {
            let frames = frames(seed: seed + 2 * step)
            let result = try run(engine, on: frames)["foreground"]
            #expect(!differ(result ?? [], means(of: frames), by: 1e-6))
          }
        }
      }
      try await group.waitForAll()
    }
  }
}
