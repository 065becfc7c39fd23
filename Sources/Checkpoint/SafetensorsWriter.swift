import Glibc

extension Safetensors {
  /// Writes `weights` to a new safetensors file at `path`, replacing one that is there.
  ///
  /// The file appears under its name only when it is complete. The tensors keep their element types
  /// and stand in order of descending element size, so that each is aligned, then of name.
  ///
  /// - Throws: `.inputOutput` when the file cannot be written, `.unsupported` when a weight has a shape
  ///   but no values.
  public static func write(_ weights: [Weight], to path: String) throws(CheckpointError) {
    for weight in weights { try weight.checkHasValues() }
    let ordered = weights.sorted {
      ($1.elementType.byteCount, $0.name) < ($0.elementType.byteCount, $1.name)
    }
    let partial = "\(path).\(getpid()).partial"
    guard let file = fopen(partial, "wbxe") else { throw .systemCall("cannot create it", path) }
    var isWritten = write(header(of: ordered), to: file)
    for weight in ordered where isWritten {
      isWritten = weight.withBytes { fwrite($0.baseAddress, 1, $0.count, file) == $0.count }
    }
    // Closing tells of errors that buffered writing has not met yet.
    let isClosed = fclose(file) == 0
    guard isWritten, isClosed, rename(partial, path) == 0 else {
      let error = CheckpointError.systemCall("cannot write it", path)
      unlink(partial)
      throw error
    }
  }

  private static func write(_ bytes: [UInt8], to file: UnsafeMutablePointer<FILE>) -> Bool {
    fwrite(bytes, 1, bytes.count, file) == bytes.count
  }

  /// The length and the header, padded with spaces so that the data begin at a multiple of 8.
  private static func header(of weights: [Weight]) -> [UInt8] {
    var offset = 0
    let entries = weights.map { weight in
      let begin = offset
      offset += weight.count * weight.elementType.byteCount
      return """
        \(json(weight.name)):{"dtype":"\(weight.elementType.rawValue)",\
        "shape":\(weight.shape),"data_offsets":[\(begin),\(offset)]}
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
