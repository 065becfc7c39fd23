public import Checkpoint

/// Why a network could not be built or lowered.
public struct NetworkError: Error, Equatable, CustomStringConvertible {
  /// What went wrong, for programs.
  public enum Code: Equatable, Sendable {
    /// No network of the catalogue has this name.
    case unknownNetwork
    /// The clip's size does not suit the network.
    case clipShape
    /// The network has no such output.
    case unknownOutput
    /// The weights are unusable; the cause is inside.
    case weights(CheckpointError)
    /// The network needs a weights file and none was given.
    case noWeights
    /// The lowered network cannot be written down.
    case serialisation
  }

  /// What went wrong, for programs.
  public let code: Code
  /// One line that names the network or file and the cause.
  public let description: String

  init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }

  init(_ error: CheckpointError) {
    self.init(.weights(error), error.description)
  }
}
