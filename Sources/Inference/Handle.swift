import COpenVINO

/// Owns one object of OpenVINO's C API.
///
/// The objects count references among themselves, so that they may be released in any order.
struct Handle: ~Copyable {
  let pointer: OpaquePointer
  private let release: @Sendable (OpaquePointer?) -> Void

  /// - Parameters:
  ///   - release: The C function that frees the object.
  ///   - action: What was attempted, for the error.
  ///   - code: The kind of error when the object cannot be had.
  ///   - create: Calls the C function that makes the object.
  init(
    release: @escaping @Sendable (OpaquePointer?) -> Void,
    _ action: String, as code: InferenceError.Code = .library,
    create: (inout OpaquePointer?) -> ov_status_e
  ) throws(InferenceError) {
    var created: OpaquePointer?
    try check(create(&created), action, as: code)
    guard let created else { throw InferenceError(code, "\(action): OpenVINO gave no object") }
    pointer = created
    self.release = release
  }

  deinit { release(pointer) }
}

/// Turns a failed call of the C API into an error.
func check(
  _ status: ov_status_e, _ action: @autoclosure () -> String,
  as code: InferenceError.Code = .library
) throws(InferenceError) {
  guard status != OK else { return }
  throw InferenceError(code, "\(action()): \(reason(of: status))")
}

/// Takes over a string that the C API allocated.
func takeString(_ text: UnsafePointer<CChar>?) -> String? {
  guard let text else { return nil }
  defer { ov_free(text) }
  return String(cString: text)
}

/// The first line of OpenVINO's last error that is not a place in its source.
///
/// OpenVINO keeps one last error per process: where two threads fail at the same time, one may get
/// the other's text.
private func reason(of status: ov_status_e) -> String {
  let generic = String(cString: ov_get_error_info(status))
  // A call refused for its arguments leaves the text of an earlier failure in place.
  guard status != INVALID_C_PARAM, let text = takeString(ov_get_last_err_msg()) else {
    return generic
  }
  let line = text.split(separator: "\n").first {
    !$0.hasPrefix("Exception from ") && !$0.hasPrefix("Check '")
  }
  return line.map(String.init) ?? generic
}
