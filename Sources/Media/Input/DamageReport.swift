/// Collects what could not be read or decoded.
struct DamageReport {
  /// The first reason.
  private(set) var firstReason: String?
  private var count = 0

  /// Adds a problem.
  mutating func note(_ reason: String) {
    firstReason = firstReason ?? reason
    count += 1
  }

  /// One error for everything that happened; nil if nothing did.
  func error(location: String) -> MediaError? {
    guard let firstReason else { return nil }
    let total = count > 1 ? " (the first of \(count) errors)" : ""
    return MediaError(.damaged, location, "is damaged: \(firstReason)\(total)")
  }
}
