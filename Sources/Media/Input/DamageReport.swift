/// Collects what could not be read or decoded.
struct DamageReport {
  /// The first reason.
  private(set) var firstReason: String?
  /// How often something was wrong.
  private(set) var count = 0

  private var toleratesBeginning: Bool

  /// - Parameter toleratesBeginning: whether problems before the first good frame are normal:
  ///   recordings of broadcasts begin anywhere, and so does decoding after a seek.
  init(toleratesBeginning: Bool) { self.toleratesBeginning = toleratesBeginning }

  /// Adds a problem.
  mutating func note(_ reason: String) {
    firstReason = firstReason ?? reason
    count += 1
  }

  /// Says that a frame was decoded.
  mutating func beginningIsOver() {
    if toleratesBeginning {
      self = DamageReport(toleratesBeginning: false)
    }
  }

  /// One error for everything that happened; nil if nothing did.
  func error(location: String) -> MediaError? {
    guard let firstReason else { return nil }
    let more = count > 1 ? ", and \(count - 1) more errors" : ""
    return MediaError(.damaged, location, "is damaged: \(firstReason)\(more)")
  }
}
