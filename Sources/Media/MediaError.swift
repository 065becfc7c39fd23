/// A failure while reading or writing media, told in one line: what was attempted, on which file or
/// stream, and why it did not work.
public struct MediaError: Error, Sendable, CustomStringConvertible {
  /// What went wrong, as far as callers have to tell causes apart.
  public enum Cause: Sendable, Equatable {
    /// The input cannot be opened or is not what it claims to be.
    case unreadable
    /// The input has no video stream.
    case noVideo
    /// The input broke off or is damaged after frames had been read.
    case damaged
    /// The input is there, but sends nothing for longer than its timeout.
    case stalled
    /// A live input broke off: its connection, or the camera.
    case lost
    /// The output cannot be created or written (permissions, full disk, unsupported format).
    case unwritable
    /// The reader of our output has gone (EPIPE).
    case brokenPipe
    /// A blocked call was interrupted by `Interruption`.
    case interrupted
    /// A setting makes no sense or is not supported.
    case unsupported
  }

  /// The kind of failure.
  public let cause: Cause
  /// The file, URL or "standard input" concerned.
  public let location: String
  /// Why, in plain words, without the location.
  public let reason: String

  /// Makes an error from its parts.
  public init(_ cause: Cause, _ location: String, _ reason: String) {
    self.cause = cause
    self.location = location
    self.reason = reason
  }

  /// `location: reason`
  public var description: String { "\(location): \(reason)" }
}
