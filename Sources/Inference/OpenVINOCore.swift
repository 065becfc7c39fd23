import COpenVINO
import Foundation

/// OpenVINO's entry point: finds devices and compiles models for them.
///
/// Cheap to make (a millisecond); a device's library is loaded when the device is first named, and
/// stays loaded.
struct OpenVINOCore: ~Copyable {
  private let core: Handle

  init() throws(InferenceError) {
    _ = Self.logToStandardError
    core = try Handle(release: ov_core_free, "cannot start OpenVINO") { ov_core_create(&$0) }
  }

  /// OpenVINO's own logging goes to standard output, which may be where the masks go.
  private static let logToStandardError: Void = ov_util_set_log_callback { message in
    guard let message else { return }
    try? FileHandle.standardError.write(contentsOf: Data(String(cString: message).utf8))
  }

  /// OpenVINO's version, for instance `2026.4.1`.
  static func version() throws(InferenceError) -> String {
    var version = ov_version_t()
    try check(ov_get_openvino_version(&version), "cannot read OpenVINO's version")
    defer { ov_version_free(&version) }
    // The rest of the build number is a build count, a commit and a branch.
    return String(String(cString: version.buildNumber).prefix { $0 != "-" })
  }

  /// The names of the devices that are there, for instance `CPU` and `GPU.0`.
  ///
  /// It loads the libraries of all kinds of devices, which costs 20 MB of memory.
  func availableDevices() throws(InferenceError) -> [String] {
    var list = ov_available_devices_t()
    try check(ov_core_get_available_devices(core.pointer, &list), "cannot list the devices")
    defer { ov_available_devices_free(&list) }
    return UnsafeBufferPointer(start: list.devices, count: list.size).compactMap {
      $0.map { String(cString: $0) }
    }
  }

  /// The name that a device gives itself.
  func fullName(of device: String) throws(InferenceError) -> String {
    try property("FULL_DEVICE_NAME", of: device)
  }

  /// What a device computes natively, for instance `FP32`, `BF16`, `INT8`.
  func capabilities(of device: String) throws(InferenceError) -> [String] {
    try property("OPTIMIZATION_CAPABILITIES", of: device).split(separator: " ").map(String.init)
  }

  private func property(_ key: String, of device: String) throws(InferenceError) -> String {
    var value: UnsafeMutablePointer<CChar>?
    try check(
      ov_core_get_property(core.pointer, device, key, &value), "cannot read \(key) of \(device)")
    return takeString(value) ?? ""
  }

  /// Reads an ONNX model. Its bytes, which may be hundreds of megabytes, are freed before this
  /// returns if the caller gave them away.
  func read(onnx: consuming [UInt8]) throws(InferenceError) -> Handle {
    guard !onnx.isEmpty else { throw InferenceError(.model, "cannot read the model: it is empty") }
    return try Handle(release: ov_model_free, "cannot read the model", as: .model) { model in
      onnx.withUnsafeBytes { bytes in
        ov_core_read_model_from_memory_buffer(
          core.pointer, bytes.bindMemory(to: CChar.self).baseAddress, bytes.count, nil, &model)
      }
    }
  }

  /// Compiles a model, which is freed when this returns.
  func compile(
    _ model: consuming Handle, device: String, properties: [String: String]
  ) throws(InferenceError) -> CompiledModel {
    let compiled = try Handle(
      release: ov_compiled_model_free, "cannot compile the model for \(device)"
    ) { compiled in
      withPropertyList(properties) { list in
        ov_core_compile_model_props(
          core.pointer, model.pointer, device, list.count, list.baseAddress, &compiled)
      }
    }
    return CompiledModel(compiled)
  }
}

/// Lends properties in the form that the C API takes.
private func withPropertyList<Result>(
  _ properties: [String: String], _ body: (UnsafeBufferPointer<ov_property_t>) -> Result
) -> Result {
  let list = properties.map { ov_property_t(key: strdup($0.key), value: strdup($0.value)) }
  defer {
    for property in list {
      free(UnsafeMutableRawPointer(mutating: property.key))
      free(UnsafeMutableRawPointer(mutating: property.value))
    }
  }
  return list.withUnsafeBufferPointer(body)
}
