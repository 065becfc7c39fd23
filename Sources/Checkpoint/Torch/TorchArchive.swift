/// A checkpoint written by PyTorch, mapped into memory: the state dict in it.
///
/// Two formats: the zip archive of PyTorch 1.6 and later, and the legacy file before. Both hold a
/// pickle, of which nothing is executed, and the tensors' bytes, which are read from the mapping on
/// demand. Tensors that share their bytes in the file share them here.
public struct TorchArchive: Sendable {
  /// Path of the file.
  public let path: String
  /// Every tensor of the state dict by its name, without the prefix `module.`.
  public let weights: [String: Weight]

  /// Opens the file at `path`.
  ///
  /// - Throws: `.inputOutput` when it cannot be opened, `.malformed` when it breaks its format's
  ///   rules, `.unsupported` when its pickle asks for more than weights need.
  public init(path: String) throws(CheckpointError) {
    try self.init(MappedFile(path: path))
  }

  init(_ file: MappedFile) throws(CheckpointError) {
    path = file.path
    weights =
      if TorchZipFile.isRecognised(file.bytes) {
        try TorchZipFile.weights(in: file)
      } else if TorchLegacyFile.isRecognised(file.bytes) {
        try TorchLegacyFile.weights(in: file)
      } else {
        throw CheckpointError(.unsupported, file.path, "is no PyTorch checkpoint")
      }
  }

  static func isRecognised(_ bytes: UnsafeRawBufferPointer) -> Bool {
    TorchZipFile.isRecognised(bytes) || TorchLegacyFile.isRecognised(bytes)
  }

  /// The tensors of `document` as weights, each storage's bytes being where `locate` says.
  static func weights(
    of document: PickleDocument, in file: MappedFile,
    locate: (StorageReference) throws(CheckpointError) -> Range<Int>
  ) throws(CheckpointError) -> [String: Weight] {
    guard let tensors = StateDictionary.tensors(in: document) else {
      throw CheckpointError(
        .malformed, file.path, "holds no state dict, that is no dictionary of names and tensors")
    }
    var places: [String: Range<Int>] = [:]
    var weights: [String: Weight] = [:]
    for (name, tensor) in tensors {
      let storage = tensor.storage
      let place = if let known = places[storage.key] { known } else { try locate(storage) }
      places[storage.key] = place
      guard let layout = TensorLayout(tensor, storage: place, fileSize: file.bytes.count) else {
        throw CheckpointError(
          .malformed, file.path, "the tensor \(quoted(name)) has elements outside its storage")
      }
      weights[name] = Weight(
        name: name, shape: tensor.shape, elementType: storage.elementType,
        storage: layout.contiguousBytes.map { .mapped(file, $0) } ?? .strided(file, layout))
    }
    return weights
  }
}
