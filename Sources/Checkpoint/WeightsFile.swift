/// A file of weights in any format this module reads, which its first bytes tell.
public struct WeightsFile: Sendable {
  /// Path of the file.
  public let path: String
  /// Every tensor by its name.
  public let weights: [String: Weight]

  /// Opens the safetensors file or the PyTorch checkpoint at `path`.
  ///
  /// - Throws: `.inputOutput` when it cannot be opened, `.unsupported` when it is of another format,
  ///   else as `Safetensors` and `TorchArchive` do.
  public init(path: String) throws(CheckpointError) {
    let file = try MappedFile(path: path)
    self.path = path
    if TorchArchive.isRecognised(file.bytes) {
      weights = try TorchArchive(file).weights
    } else if Safetensors.isRecognised(file.bytes) {
      weights = try Safetensors(file).weights
    } else {
      throw CheckpointError(
        .unsupported, path, "is neither a safetensors file nor a PyTorch checkpoint")
    }
  }
}
