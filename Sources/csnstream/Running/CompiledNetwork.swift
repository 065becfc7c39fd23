import Inference
import Network

extension NetworkOptions {
  /// Loads the network and compiles it for clips of one size.
  ///
  /// - Parameters:
  ///   - cacheDirectory: where compiled networks are kept; nil: nowhere.
  ///   - warn: is told in a line when that folder cannot be used; the network is then compiled
  ///     without it.
  /// - Throws: `Failure` when the memory will not suffice, `NetworkError`, `CheckpointError`,
  ///   `InferenceError`.
  func compile(
    clip: ClipShape, outputs: [String] = [], device: DeviceOptions, cacheDirectory: String?,
    warn: (String) -> Void
  ) throws -> OpenVINOEngine {
    try checkMemory(clip: clip)
    // The network and its ONNX form are not kept, so that the engine's copy of the weights is the only
    // one.
    let compile = { (cacheDirectory: String?) in
      try OpenVINOEngine(
        onnx: try load().lower(clip: clip, outputs: outputs).onnx,
        options: device.engineOptions(cacheDirectory: cacheDirectory))
    }
    do {
      return try compile(cacheDirectory)
    } catch let error as InferenceError where error.code == .cache {
      warn("\(Failure.line(error)); every start compiles the network anew")
      return try compile(nil)
    }
  }

  /// Nothing can be told once the memory is used up: the kernel ends the process.
  private func checkMemory(clip: ClipShape) throws {
    let cost = try description.cost(of: clip)
    let needed = MemoryEstimate.compilation(cost)
    guard let available = AvailableMemory.bytes, needed > available else { return }
    throw Failure(
      "\(model) on clips of \(clip) takes about \(Quantity.megabytes(needed)) of memory, and "
        + "\(Quantity.megabytes(available)) are free; smaller frames (--input-size) or shorter clips "
        + "(--clip-length) take less")
  }
}
