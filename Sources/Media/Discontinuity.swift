/// Why the pictures of a source do not continue those before.
public enum Discontinuity: Hashable, Sendable {
  /// The source was lost and opened again: seconds without pictures.
  case reconnected(gapSeconds: Double)
  /// The stream's clock jumped by so many seconds: forwards, or backwards if negative.
  case timeJump(seconds: Double)
  /// Pictures are stored in another size or pixel format from here on.
  case formatChange
}
