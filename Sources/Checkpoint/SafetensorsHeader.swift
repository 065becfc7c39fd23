/// One entry of a safetensors header, as written there and not yet checked against the file.
struct SafetensorsEntry {
  var name: String
  var elementType: ElementType
  var shape: [Int]
  var begin: Int
  var end: Int
}

/// Reads the JSON header of a safetensors file.
///
/// The format allows one JSON object of `name: {"dtype", "shape", "data_offsets"}` and
/// `"__metadata__": {string: string}`, nothing else. Reading just this, rather than any JSON, takes
/// no recursion, no memory beyond the entries, and sees repeated keys.
struct SafetensorsHeader {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0
  private let file: String

  /// More dimensions than any tensor has: a longer list is an attempt to use up memory.
  private static let maximumRank = 32

  /// All entries of the header `bytes`, in the order written.
  static func entries(
    in bytes: UnsafeRawBufferPointer, file: String
  ) throws(CheckpointError) -> [SafetensorsEntry] {
    var header = SafetensorsHeader(bytes: bytes, file: file)
    return try header.readEntries()
  }

  private init(bytes: UnsafeRawBufferPointer, file: String) {
    self.bytes = bytes
    self.file = file
  }

  private mutating func readEntries() throws(CheckpointError) -> [SafetensorsEntry] {
    var entries: [SafetensorsEntry] = []
    // The format has no white space in front of the object.
    guard bytes.first == UInt8(ascii: "{") else { throw malformed("is not a JSON object") }
    try readObject { (header, name) throws(CheckpointError) in
      if name == "__metadata__" {
        try header.readObject { (header, _) throws(CheckpointError) in _ = try header.readString() }
      } else {
        entries.append(try header.readEntry(name))
      }
    }
    skipSpace()
    guard position == bytes.count else { throw malformed("has something after its JSON object") }
    return entries
  }

  private mutating func readEntry(_ name: String) throws(CheckpointError) -> SafetensorsEntry {
    var elementType: ElementType?
    var shape: [Int]?
    var offsets: [Int]?
    try readObject { (header, key) throws(CheckpointError) in
      switch key {
      case "dtype":
        let written = try header.readString()
        guard let known = ElementType(rawValue: written) else {
          throw header.malformed("gives \(quoted(name)) the unknown dtype \(quoted(written))")
        }
        elementType = known
      case "shape": shape = try header.readIntegers()
      case "data_offsets": offsets = try header.readIntegers()
      default: throw header.malformed("has the unknown key \(quoted(key)) in \(quoted(name))")
      }
    }
    guard let elementType, let shape, let offsets, offsets.count == 2 else {
      throw malformed("lacks dtype, shape or two data_offsets for \(quoted(name))")
    }
    return SafetensorsEntry(
      name: name, elementType: elementType, shape: shape, begin: offsets[0], end: offsets[1])
  }

  /// Reads an object, handing each key to `value`, which reads the value.
  private mutating func readObject(
    _ value: (inout SafetensorsHeader, String) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    try expect("{")
    var keys: Set<String> = []
    if accept("}") { return }
    repeat {
      let key = try readString()
      guard keys.insert(key).inserted else { throw malformed("has the key \(quoted(key)) twice") }
      try expect(":")
      try value(&self, key)
    } while accept(",")
    try expect("}")
  }

  private mutating func readIntegers() throws(CheckpointError) -> [Int] {
    try expect("[")
    var values: [Int] = []
    if accept("]") { return values }
    repeat {
      guard values.count < Self.maximumRank else {
        throw malformed("has a list of more than \(Self.maximumRank) numbers")
      }
      values.append(try readInteger())
    } while accept(",")
    try expect("]")
    return values
  }

  /// Reads a non-negative integer without sign, fraction or exponent.
  private mutating func readInteger() throws(CheckpointError) -> Int {
    skipSpace()
    let start = position
    var value = 0
    while let digit = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(Int(digit - UInt8(ascii: "0")))
      guard !overflow, !carry else { throw malformed("has a number beyond 64 bits") }
      value = sum
      position += 1
    }
    let hasLeadingZero = position > start + 1 && bytes[start] == UInt8(ascii: "0")
    guard position > start, !hasLeadingZero else {
      throw malformed("needs a non-negative integer at byte \(start)")
    }
    return value
  }

  private mutating func readString() throws(CheckpointError) -> String {
    try expect("\"")
    var utf8: [UInt8] = []
    while let byte = peek {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: utf8, as: UTF8.self) else {
          throw malformed("has a string that is not UTF-8")
        }
        return string
      case UInt8(ascii: "\\"): utf8 += try readEscape()
      case 0..<0x20: throw malformed("has a control character in a string")
      default: utf8.append(byte)
      }
    }
    throw malformed("ends inside a string")
  }

  private mutating func readEscape() throws(CheckpointError) -> [UInt8] {
    guard let byte = peek else { throw malformed("ends inside a string") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      var units = [try readCodeUnit()]
      if UTF16.isLeadSurrogate(units[0]), peek == UInt8(ascii: "\\") {
        position += 1
        guard peek == UInt8(ascii: "u") else { throw malformed("has half a surrogate pair") }
        position += 1
        units.append(try readCodeUnit())
      }
      guard let character = String(validating: units, as: UTF16.self) else {
        throw malformed("has half a surrogate pair")
      }
      return Array(character.utf8)
    default: throw malformed("has an unknown escape in a string")
    }
  }

  private mutating func readCodeUnit() throws(CheckpointError) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw malformed("has a broken \\u escape")
      }
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = peek, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
  }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard peek == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(CheckpointError) {
    guard accept(character) else {
      throw malformed("needs '\(character)' at byte \(position)")
    }
  }

  private func malformed(_ reason: String) -> CheckpointError {
    CheckpointError(.malformed, file, "the safetensors header \(reason)")
  }
}
