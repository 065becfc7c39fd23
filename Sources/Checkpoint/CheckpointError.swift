/// Why a weights file could not be read, written or matched to a network.
public struct CheckpointError: Error, Equatable, CustomStringConvertible {
  /// What went wrong, for programs.
  public enum Code: Sendable {
    /// The file cannot be opened, mapped or written.
    case inputOutput
    /// The file breaks its format's rules.
    case malformed
    /// The values are of a type that cannot be used as weights.
    case unsupported
    /// Names or shapes differ from what the network expects.
    case mismatch
  }

  /// What went wrong, for programs.
  public let code: Code
  /// Path of the file, or another name of the weights' origin.
  public let file: String
  /// What went wrong, for people: one line.
  public let reason: String

  /// One line: the file and the cause.
  public var description: String { "\(file): \(reason)" }

  init(_ code: Code, _ file: String, _ reason: String) {
    self.code = code
    self.file = file
    self.reason = reason
  }
}

/// A name from a file as it may stand in a one-line message: escaped, and cut when it is long.
func quoted(_ name: String) -> String {
  name.count <= 80 ? name.debugDescription : String(name.prefix(77)).debugDescription + "…"
}
