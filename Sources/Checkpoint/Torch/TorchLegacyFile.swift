/// The file of PyTorch before 1.6: five pickles (a magic number, the version, the machine, the
/// object, the storages' keys), then each storage in the order of the keys: the number of its
/// elements in 8 bytes, and the elements.
enum TorchLegacyFile {
  /// 0x1950A86A20F9469CFC6C as a pickle writes it, with its length.
  private static let magic: [UInt8] = [
    0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
  ]
  private static let version = 1001

  static func isRecognised(_ bytes: UnsafeRawBufferPointer) -> Bool {
    // A pickle's protocol takes 2 bytes, from protocol 4 on its length 9 more.
    bytes.first == PickleOpcode.proto.rawValue
      && [2, 11].contains { bytes.dropFirst($0).starts(with: magic) }
  }

  static func weights(in file: MappedFile) throws(CheckpointError) -> [String: Weight] {
    var cursor = ByteCursor(file.bytes)
    _ = try Unpickler.read(&cursor, file: file.path)
    guard case .integer(version) = try Unpickler.read(&cursor, file: file.path).root else {
      throw CheckpointError(.unsupported, file.path, "is of an unknown version of PyTorch's format")
    }
    let machine = try Unpickler.read(&cursor, file: file.path)
    guard case .integer(1) = machine.dictionary(machine.root)?["little_endian"] else {
      throw CheckpointError(.unsupported, file.path, "was written by a big-endian machine")
    }
    let document = try Unpickler.read(&cursor, file: file.path)
    let keys = try Unpickler.read(&cursor, file: file.path)
    let places = try places(of: keys, document.storages, &cursor, file: file.path)
    return try TorchArchive.weights(of: document, in: file) { storage throws(CheckpointError) in
      guard let place = places[storage.key] else {
        throw CheckpointError(
          .malformed, file.path, "the storage \(quoted(storage.key)) is missing")
      }
      return place
    }
  }

  /// Where the elements of each storage are.
  private static func places(
    of keys: PickleDocument, _ storages: [String: StorageReference], _ cursor: inout ByteCursor,
    file: String
  ) throws(CheckpointError) -> [String: Range<Int>] {
    var places: [String: Range<Int>] = [:]
    for key in keys.list(keys.root) ?? [] {
      guard case .text(let key) = key, let storage = storages[key], places[key] == nil else {
        throw CheckpointError(.malformed, file, "lists a storage twice or one that nothing uses")
      }
      guard let count = cursor.length(UInt64.self), count == storage.count,
        count <= Int.max / storage.elementType.byteCount,
        cursor.take(count * storage.elementType.byteCount) != nil
      else {
        throw CheckpointError(
          .malformed, file, "the storage \(quoted(key)) is cut off or has another size than stated")
      }
      places[key] = cursor.position - count * storage.elementType.byteCount..<cursor.position
    }
    return places
  }
}
