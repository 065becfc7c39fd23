/// Why a device, a model or a run of it failed.
public struct InferenceError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What the program can tell apart.
  public enum Code: Hashable, Sendable {
    /// The device is not there.
    case device
    /// The device does not compute in the precision asked for, or does not tell which it uses.
    case precision
    /// An option has a value out of its range.
    case option
    /// The model is damaged, or the engine cannot serve its inputs and outputs.
    case model
    /// The model cache cannot be used.
    case cache
    /// The inference library failed otherwise.
    case library
  }

  /// The kind of failure.
  public var code: Code
  /// One line that names the thing and the cause.
  public var message: String

  /// An error with its one line.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }
}
