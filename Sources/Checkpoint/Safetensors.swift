/// A safetensors file, mapped into memory and checked whole when opened.
///
/// Format: the header's length (8 bytes), the header (JSON), the tensors' bytes, all little-endian;
/// https://github.com/huggingface/safetensors. Values are read from the mapping on demand.
public struct Safetensors: Sendable {
  /// The longest header the format allows, in bytes.
  static let maximumHeaderLength = 100_000_000
  /// Bytes of the header's length at the start of the file.
  static let lengthPrefix = 8

  /// Path of the file.
  public let path: String
  /// Every tensor by its name.
  public let weights: [String: Weight]

  /// Opens the file at `path`.
  ///
  /// - Throws: `.inputOutput` when it cannot be opened, `.malformed` when the header is not valid,
  ///   or the tensors it describes do not fill the rest of the file exactly once.
  public init(path: String) throws(CheckpointError) {
    try self.init(MappedFile(path: path))
  }

  init(_ file: MappedFile) throws(CheckpointError) {
    let path = file.path
    let dataStart = try Self.dataStart(of: file)
    let header = UnsafeRawBufferPointer(rebasing: file.bytes[Self.lengthPrefix..<dataStart])
    let entries = try SafetensorsHeader.entries(in: header, file: path)

    try Self.checkCoverage(entries, of: file.bytes.count - dataStart, file: path)
    self.path = path
    self.weights = Dictionary(
      uniqueKeysWithValues: entries.map { entry in
        let range = dataStart + entry.begin..<dataStart + entry.end
        let weight = Weight(
          name: entry.name, shape: entry.shape, elementType: entry.elementType,
          storage: .mapped(file, range))
        return (entry.name, weight)
      })
  }

  /// Whether `bytes` begin as a safetensors file does: a possible length, then a JSON object.
  static func isRecognised(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count > lengthPrefix else { return false }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    return length <= maximumHeaderLength && bytes[lengthPrefix] == UInt8(ascii: "{")
  }

  private static func dataStart(of file: MappedFile) throws(CheckpointError) -> Int {
    guard file.bytes.count >= lengthPrefix else {
      throw CheckpointError(.malformed, file.path, "is too short for a safetensors file")
    }
    let length = UInt64(littleEndian: file.bytes.loadUnaligned(as: UInt64.self))
    guard length <= maximumHeaderLength else {
      throw CheckpointError(
        .malformed, file.path,
        "is no safetensors file: a header of \(length) bytes, allowed are \(maximumHeaderLength)")
    }
    guard Int(length) <= file.bytes.count - lengthPrefix else {
      throw CheckpointError(.malformed, file.path, "ends inside the safetensors header")
    }
    return lengthPrefix + Int(length)
  }

  /// Checks that each tensor has the size its shape says and that together they cover `count` bytes
  /// without gap or overlap.
  private static func checkCoverage(
    _ entries: [SafetensorsEntry], of count: Int, file: String
  ) throws(CheckpointError) {
    func malformed(_ reason: String) -> CheckpointError {
      CheckpointError(.malformed, file, reason)
    }
    var covered = 0
    for entry in entries.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
      let name = quoted(entry.name)
      guard let size = byteCount(entry.shape, entry.elementType) else {
        throw malformed("the shape of \(name) has too many elements")
      }
      let range = "\(entry.begin)…\(entry.end)"
      guard entry.begin <= entry.end, entry.end <= count else {
        throw malformed("the offsets \(range) of \(name) are outside the \(count) bytes of data")
      }
      guard entry.end - entry.begin == size else {
        throw malformed(
          "\(name) has \(entry.end - entry.begin) bytes, but its shape and dtype take \(size)")
      }
      guard entry.begin == covered else {
        throw malformed(
          entry.begin < covered
            ? "\(name) overlaps another tensor"
            : "\(entry.begin - covered) bytes before \(name) belong to no tensor")
      }
      covered = entry.end
    }
    guard covered == count else {
      throw malformed("\(count - covered) bytes at the end belong to no tensor")
    }
  }

  private static func byteCount(_ shape: [Int], _ elementType: ElementType) -> Int? {
    var count = elementType.byteCount
    for dimension in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      if overflow { return nil }
      count = product
    }
    return count
  }
}
