import COpenVINO
import Synchronization

/// Runs a network with Intel's OpenVINO.
public final class OpenVINOEngine: InferenceEngine {
  /// What computes, and how: what the compiled network reports, not what was asked for.
  public let summary: EngineSummary
  /// The sizes of the input, outermost first.
  public let inputShape: [Int]
  /// The outputs in the order of the model.
  public let outputs: [EngineOutput]
  /// Whether the compiled form came out of the cache.
  public let isFromCache: Bool

  // The lock is what makes the engine safe to share: a request serves one run at a time.
  private let request: Mutex<InferRequest>

  /// Compiles a model, or takes the compiled form from the cache.
  ///
  /// The first run takes longer than the later ones: the CPU's code is generated in it.
  ///
  /// - Parameters:
  ///   - onnx: A model with one 8-bit unsigned input and 32-bit floating-point outputs, all of
  ///     fixed shapes. The bytes are freed as soon as they are read if the caller keeps no copy.
  ///   - options: Device, precision, threads and cache.
  /// - Throws: `InferenceError` when the device is missing (the message lists those that are
  ///   there), when it does not compute in the precision that was asked for, when the model is
  ///   damaged or has other inputs and outputs, and when the cache folder cannot be written.
  public init(
    onnx: consuming [UInt8], options: EngineOptions = EngineOptions()
  ) throws(InferenceError) {
    let core = try OpenVINOCore()
    let device = try core.resolve(options.device)
    let precision = try core.resolve(options.precision, on: device)
    let properties = try Self.properties(device: device, precision: precision, options: options)
    let model = try core.compile(
      try core.read(onnx: onnx), device: device.rawValue, properties: properties)

    let deviceName = try core.fullName(of: device.rawValue)
    let reported = try model.property("INFERENCE_PRECISION_HINT")
    guard reported == precision.rawValue else {
      throw InferenceError(
        .precision,
        "\(device.rawValue) (\(deviceName)) computes in \(reported), not in \(precision.rawValue)")
    }
    summary = EngineSummary(
      engine: "OpenVINO \(try OpenVINOCore.version())", device: device, deviceName: deviceName,
      precision: precision,
      threads: device == .cpu ? Int(try model.property("INFERENCE_NUM_THREADS")) : nil)

    let inputs = try model.inputs()
    guard let input = inputs.first, inputs.count == 1, input.type == U8 else {
      throw InferenceError(
        .model,
        "the model must have one input, of 8-bit unsigned values; it has \(Self.list(inputs))")
    }
    let results = try model.outputs()
    let unreadable = results.filter { $0.type != F32 }
    guard unreadable.isEmpty else {
      throw InferenceError(
        .model, "outputs must be 32-bit floats, which \(Self.list(unreadable)) is not")
    }
    inputShape = input.shape
    outputs = results.map { EngineOutput(name: $0.name, shape: $0.shape) }
    isFromCache = try model.property("LOADED_FROM_CACHE") == "YES"
    request = Mutex(try InferRequest(model))
    // Compiling leaves tens of MB of freed memory with malloc.
    malloc_trim(0)
  }

  /// Runs the network once; see `InferenceEngine`.
  public func run(
    fill: (inout MutableSpan<UInt8>) -> Void,
    read: (EngineOutput, Span<Float>) -> Void
  ) throws(InferenceError) {
    try request.withLock { (request) throws(InferenceError) in
      var pixels = try request.input(count: inputShape.reduce(1, *)).mutableSpan
      fill(&pixels)
      try request.run()
      for (index, output) in outputs.enumerated() {
        read(output, try request.output(at: index, count: output.shape.reduce(1, *)).span)
      }
    }
  }

  private static func properties(
    device: Device, precision: Precision, options: EngineOptions
  ) throws(InferenceError) -> [String: String] {
    var properties = [
      "PERFORMANCE_HINT": "LATENCY",
      "NUM_STREAMS": "1",
      "INFERENCE_PRECISION_HINT": precision.rawValue,
    ]
    if let threads = options.threads {
      guard threads > 0 else {
        throw InferenceError(.option, "\(threads) threads: there must be at least one")
      }
      if device == .cpu { properties["INFERENCE_NUM_THREADS"] = String(threads) }
    }
    if let directory = options.cacheDirectory {
      try ModelCache.prepare(directory)
      properties["CACHE_DIR"] = directory
      // A mapped cache file would kill this process when another one cuts it short.
      properties["ENABLE_MMAP"] = "NO"
    }
    return properties
  }

  private static func list(_ ports: [CompiledModel.Port]) -> String {
    ports.isEmpty ? "none" : ports.map(\.description).joined(separator: ", ")
  }
}

extension OpenVINOCore {
  /// The device to compile for, once it is certain to be there.
  fileprivate func resolve(_ device: Device) throws(InferenceError) -> Device {
    // The CPU is always there, and looking for the others costs memory.
    if device == .cpu { return .cpu }
    let available = try availableDevices()
    let isThere = { (device: Device) in
      available.contains { $0 == device.rawValue || $0.hasPrefix("\(device.rawValue).") }
    }
    if device == .auto { return isThere(.gpu) ? .gpu : .cpu }
    guard isThere(device) else {
      throw InferenceError(
        .device,
        "there is no \(device.rawValue) that OpenVINO can use here; there is: "
          + available.joined(separator: ", "))
    }
    return device
  }

  /// The precision to ask for.
  fileprivate func resolve(
    _ precision: Precision?, on device: Device
  ) throws(InferenceError) -> Precision {
    if let precision { return precision }
    guard device == .cpu else { return .f16 }
    // Listed only where the CPU has instructions for it; AVX-512 without them computes it slowly.
    return try capabilities(of: device.rawValue).contains("BF16") ? .bf16 : .f32
  }
}
