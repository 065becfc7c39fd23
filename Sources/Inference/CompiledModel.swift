import COpenVINO

/// A model compiled for a device, and what it tells about itself.
struct CompiledModel: ~Copyable {
  /// An input or an output.
  struct Port: CustomStringConvertible {
    var name: String
    var shape: [Int]
    var type: ov_element_type_e

    var description: String { "`\(name)` \(shape)" }
  }

  private let model: Handle

  var pointer: OpaquePointer { model.pointer }

  init(_ model: consuming Handle) { self.model = model }

  func property(_ key: String) throws(InferenceError) -> String {
    var value: UnsafeMutablePointer<CChar>?
    try check(
      ov_compiled_model_get_property(model.pointer, key, &value),
      "cannot read \(key) of the compiled model")
    return takeString(value) ?? ""
  }

  func inputs() throws(InferenceError) -> [Port] {
    try ports(count: ov_compiled_model_inputs_size, at: ov_compiled_model_input_by_index)
  }

  func outputs() throws(InferenceError) -> [Port] {
    try ports(count: ov_compiled_model_outputs_size, at: ov_compiled_model_output_by_index)
  }

  private func ports(
    count: (OpaquePointer?, UnsafeMutablePointer<Int>?) -> ov_status_e,
    at: (OpaquePointer?, Int, UnsafeMutablePointer<OpaquePointer?>?) -> ov_status_e
  ) throws(InferenceError) -> [Port] {
    var size = 0
    try check(count(pointer, &size), "cannot count the model's inputs or outputs", as: .model)
    var ports: [Port] = []
    for index in 0..<size {
      let port = try Handle(
        release: ov_output_const_port_free, "cannot find an input or output of the model", as: .model
      ) { at(pointer, index, &$0) }
      ports.append(try describe(port))
    }
    return ports
  }

  private func describe(_ port: borrowing Handle) throws(InferenceError) -> Port {
    var text: UnsafeMutablePointer<CChar>?
    try check(ov_port_get_any_name(port.pointer, &text), "a nameless input or output", as: .model)
    let name = takeString(text) ?? ""
    var type = DYNAMIC
    try check(ov_port_get_element_type(port.pointer, &type), "the type of `\(name)`", as: .model)
    var shape = ov_shape_t()
    try check(ov_const_port_get_shape(port.pointer, &shape), "the shape of `\(name)`", as: .model)
    defer { ov_shape_free(&shape) }
    let sizes = UnsafeBufferPointer(start: shape.dims, count: Int(shape.rank)).map { Int($0) }
    return Port(name: name, shape: sizes, type: type)
  }
}
