/// PyTorch's zip archive: `<folder>/data.pkl`, and the storages as `<folder>/data/<key>`.
enum TorchZipFile {
  private static let signature = Array("PK\u{3}\u{4}".utf8)
  private static let pickleName = "/data.pkl"

  static func isRecognised(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.starts(with: signature)
  }

  /// The folder in which everything is: the one that holds the pickle.
  private static func folder(
    of directory: ZipDirectory, file: String
  ) throws(CheckpointError) -> String {
    let folders = directory.entries.keys.filter { $0.hasSuffix(pickleName) }
    guard folders.count == 1, let name = folders.first else {
      throw CheckpointError(
        .malformed, file, "is a zip file, but no PyTorch archive: it holds no single data.pkl")
    }
    return String(name.dropLast(pickleName.count))
  }

  private static func checkByteOrder(
    _ directory: ZipDirectory, folder: String, file: String
  ) throws(CheckpointError) {
    guard let entry = directory.entries["\(folder)/byteorder"] else { return }
    guard try directory.checkedBytes(entry).elementsEqual("little".utf8) else {
      throw CheckpointError(.unsupported, file, "was written by a big-endian machine")
    }
  }

  static func weights(in file: MappedFile) throws(CheckpointError) -> [String: Weight] {
    let directory = try ZipDirectory(file)
    let folder = try folder(of: directory, file: file.path)
    try checkByteOrder(directory, folder: folder, file: file.path)
    // The folder was found by this entry.
    guard let pickle = directory.entries[folder + pickleName] else { return [:] }
    var cursor = ByteCursor(try directory.checkedBytes(pickle))
    let document = try Unpickler.read(&cursor, file: file.path)
    return try TorchArchive.weights(of: document, in: file) { storage throws(CheckpointError) in
      guard let entry = directory.entries["\(folder)/data/\(storage.key)"] else {
        throw CheckpointError(
          .malformed, file.path, "the storage \(quoted(storage.key)) is missing")
      }
      let size = storage.elementType.byteCount
      guard entry.bytes.count.isMultiple(of: size), storage.count == entry.bytes.count / size else {
        throw CheckpointError(
          .malformed, file.path,
          "the storage \(quoted(storage.key)) has another size than the pickle says")
      }
      _ = try directory.checkedBytes(entry)
      return entry.bytes
    }
  }
}
