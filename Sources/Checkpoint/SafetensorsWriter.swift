import Glibc

extension Safetensors {
  /// Writes `weights` to a new safetensors file at `path`, replacing one that is there.
  ///
  /// The file appears under its name only when it is complete. The tensors keep their element types
  /// and stand in order of descending element size, so that each is aligned, then of name. No more
  /// than one tensor is held in memory.
  ///
  /// - Parameter halvingFloats: Whether to round floating-point numbers to 16 bits, type F16.
  /// - Throws: `.inputOutput` when the file cannot be written, `.unsupported` when a weight has a shape
  ///   but no values, or a number too large for F16.
  public static func write(
    _ weights: [Weight], to path: String, halvingFloats: Bool = false
  ) throws(CheckpointError) {
    for weight in weights { try weight.checkHasValues() }
    let tensors = weights.map { StoredTensor($0, halvingFloats: halvingFloats) }
    let ordered = tensors.sorted {
      ($1.elementType.byteCount, $0.weight.name) < ($0.elementType.byteCount, $1.weight.name)
    }
    let partial = "\(path).\(getpid()).partial"
    guard let file = fopen(partial, "wbxe") else { throw .systemCall("cannot create it", path) }
    do throws(CheckpointError) {
      try write(ordered, to: file, path: path)
      guard rename(partial, path) == 0 else { throw .systemCall("cannot write it", path) }
    } catch {
      unlink(partial)
      throw error
    }
  }

  /// Writes everything and closes the file.
  private static func write(
    _ tensors: [StoredTensor], to file: UnsafeMutablePointer<FILE>, path: String
  ) throws(CheckpointError) {
    var isOpen = true
    defer { if isOpen { fclose(file) } }
    let header = header(of: tensors)
    var isWritten = header.withUnsafeBytes { write($0, to: file) }
    for tensor in tensors where isWritten { isWritten = try tensor.write(to: file) }
    isOpen = false
    // Closing tells of errors that buffered writing has not met yet.
    guard fclose(file) == 0, isWritten else { throw .systemCall("cannot write it", path) }
  }

  fileprivate static func write(
    _ bytes: UnsafeRawBufferPointer, to file: UnsafeMutablePointer<FILE>
  ) -> Bool {
    fwrite(bytes.baseAddress, 1, bytes.count, file) == bytes.count
  }

  /// The length and the header, padded with spaces so that the data begin at a multiple of 8.
  private static func header(of tensors: [StoredTensor]) -> [UInt8] {
    var offset = 0
    let entries = tensors.map { tensor in
      let begin = offset
      offset += tensor.weight.count * tensor.elementType.byteCount
      return """
        \(json(tensor.weight.name)):{"dtype":"\(tensor.elementType.rawValue)",\
        "shape":\(tensor.weight.shape),"data_offsets":[\(begin),\(offset)]}
        """
    }
    var text = Array("{\(entries.joined(separator: ","))}".utf8)
    text += Array(repeating: UInt8(ascii: " "), count: -text.count & 7)
    return withUnsafeBytes(of: UInt64(text.count).littleEndian, Array.init) + text
  }

  /// `text` as a JSON string.
  private static func json(_ text: String) -> String {
    let escaped = text.unicodeScalars.map { scalar in
      switch scalar {
      case "\"": "\\\""
      case "\\": "\\\\"
      case "\u{0}"..<"\u{20}":
        "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: String(scalar)
      }
    }
    return "\"\(escaped.joined())\""
  }
}

/// A weight, and the type in which it is written: its own, or F16.
private struct StoredTensor {
  let weight: Weight
  let elementType: ElementType

  init(_ weight: Weight, halvingFloats: Bool) {
    self.weight = weight
    let isHalved = halvingFloats && [.bfloat16, .float32, .float64].contains(weight.elementType)
    elementType = isHalved ? .float16 : weight.elementType
  }

  /// - Returns: false if the file cannot be written; errno tells why.
  func write(to file: UnsafeMutablePointer<FILE>) throws(CheckpointError) -> Bool {
    if elementType == weight.elementType {
      return weight.withBytes { Safetensors.write($0, to: file) }
    }
    return try halves().withUnsafeBytes { Safetensors.write($0, to: file) }
  }

  private func halves() throws(CheckpointError) -> [Float16] {
    let halves: [Float16] = try weight.values()
    if halves.contains(where: \.isInfinite) {
      let values: [Double] = try weight.values()
      guard zip(halves, values).allSatisfy({ $0.isInfinite == $1.isInfinite }) else {
        throw CheckpointError(
          .unsupported, weight.name,
          "holds numbers beyond \(Float16.greatestFiniteMagnitude), the largest of 16 bits")
      }
    }
    return halves
  }
}
