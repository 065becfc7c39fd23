/// Pickles, written operation by operation, so that tests can write ones that PyTorch never would.
enum Pickle {
  static let none: [UInt8] = [0x4E]
  static let emptyTuple: [UInt8] = [0x29]
  static let emptyDictionary: [UInt8] = [0x7D]
  static let reduce: [UInt8] = [0x52]

  /// A whole pickle of protocol 2 that leaves `value`.
  static func file(_ value: [UInt8]) -> [UInt8] { [0x80, 2] + value + [0x2E] }

  static func text(_ text: String) -> [UInt8] {
    [0x58] + littleEndian(UInt32(text.utf8.count)) + Array(text.utf8)
  }

  static func integer(_ value: Int) -> [UInt8] { [0x8A, 8] + littleEndian(value) }

  static func tuple(_ items: [[UInt8]]) -> [UInt8] { [0x28] + items.joined() + [0x74] }

  static func integers(_ values: [Int]) -> [UInt8] { tuple(values.map(integer)) }

  static func list(_ items: [[UInt8]]) -> [UInt8] { [0x5D, 0x28] + items.joined() + [0x65] }

  static func dictionary(_ items: KeyValuePairs<String, [UInt8]>) -> [UInt8] {
    emptyDictionary + [0x28] + items.flatMap { text($0) + $1 } + [0x75]
  }

  static func global(_ module: String, _ name: String) -> [UInt8] {
    [0x63] + Array("\(module)\n\(name)\n".utf8)
  }

  static func call(_ function: [UInt8], _ arguments: [[UInt8]]) -> [UInt8] {
    function + tuple(arguments) + reduce
  }

  static let orderedDictionary = global("collections", "OrderedDict") + emptyTuple + reduce

  static func storage(
    _ type: [UInt8] = global("torch", "FloatStorage"), key: String = "0", count: Int
  ) -> [UInt8] {
    tuple([text("storage"), type, text(key), text("cuda:0"), integer(count)]) + [0x51]
  }

  static func tensor(
    _ storage: [UInt8], offset: [UInt8] = integer(0), shape: [UInt8], strides: [UInt8]
  ) -> [UInt8] {
    call(
      global("torch._utils", "_rebuild_tensor_v2"),
      [storage, offset, shape, strides, [0x89], orderedDictionary])
  }

  /// A tensor of 32-bit floats in the storage 0 of `count` elements.
  static func tensor(count: Int, offset: Int = 0, shape: [Int], strides: [Int]) -> [UInt8] {
    tensor(
      storage(count: count), offset: integer(offset), shape: integers(shape),
      strides: integers(strides))
  }
}

func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian, Array.init)
}

/// The bytes of 0, 1, 2 … as 32-bit floats.
func counting(_ count: Int) -> [UInt8] {
  (0..<count).flatMap { littleEndian(Float($0).bitPattern) }
}

/// A PyTorch legacy file: `root` is a pickle's value, each storage has a key, its number of elements
/// and their bytes.
func legacyFile(
  _ root: [UInt8], storages: [(key: String, count: Int, bytes: [UInt8])] = []
) -> [UInt8] {
  let magic: [UInt8] = [0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
  return Pickle.file(magic) + Pickle.file(Pickle.integer(1001))
    + Pickle.file(Pickle.dictionary(["little_endian": [0x88]])) + Pickle.file(root)
    + Pickle.file(Pickle.list(storages.map { Pickle.text($0.key) }))
    + storages.flatMap { littleEndian($0.count) + $0.bytes }
}

/// A PyTorch zip archive with the same content.
func zipArchive(_ root: [UInt8], storages: [(key: String, bytes: [UInt8])] = []) -> [UInt8] {
  zipFile(
    [
      ZipItem("archive/data.pkl", Pickle.file(root)),
      ZipItem("archive/byteorder", Array("little".utf8)),
    ]
      + storages.map { ZipItem("archive/data/\($0.key)", $0.bytes) })
}
