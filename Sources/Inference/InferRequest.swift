import COpenVINO

/// Runs a compiled model on tensors that live as long as the request.
struct InferRequest: ~Copyable {
  private let request: Handle

  init(_ model: borrowing CompiledModel) throws(InferenceError) {
    request = try Handle(release: ov_infer_request_free, "cannot make an inference request") {
      ov_compiled_model_create_infer_request(model.pointer, &$0)
    }
  }

  /// The memory of the only input; valid while the request lives.
  mutating func input(count: Int) throws(InferenceError) -> UnsafeMutableBufferPointer<UInt8> {
    try memory("input", at: 0, count: count, ov_infer_request_get_input_tensor_by_index)
  }

  /// The memory of an output; valid until the next run.
  func output(at index: Int, count: Int) throws(InferenceError) -> UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(
      try memory("output", at: index, count: count, ov_infer_request_get_output_tensor_by_index))
  }

  /// Blocks until the outputs are computed.
  mutating func run() throws(InferenceError) {
    try check(ov_infer_request_infer(request.pointer), "the network failed to run")
  }

  private func memory<Element>(
    _ kind: String, at index: Int, count: Int,
    _ get: (OpaquePointer?, Int, UnsafeMutablePointer<OpaquePointer?>?) -> ov_status_e
  ) throws(InferenceError) -> UnsafeMutableBufferPointer<Element> {
    // The tensor is a reference to memory that the request keeps.
    let tensor = try Handle(release: ov_tensor_free, "cannot get \(kind) \(index)") {
      get(request.pointer, index, &$0)
    }
    var size = 0
    try check(ov_tensor_get_byte_size(tensor.pointer, &size), "cannot measure \(kind) \(index)")
    var data: UnsafeMutableRawPointer?
    try check(ov_tensor_data(tensor.pointer, &data), "cannot reach \(kind) \(index)")
    guard let data, size == count * MemoryLayout<Element>.stride else {
      throw InferenceError(
        .library, "\(kind) \(index) has \(size) bytes where the model promised \(count) values")
    }
    return UnsafeMutableBufferPointer(
      start: data.bindMemory(to: Element.self, capacity: count), count: count)
  }
}
