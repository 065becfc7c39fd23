import Foundation

/// Numbers as tables show them.
enum Quantity {
  /// Parameters, for instance `75.2 M`.
  static func millions(_ count: Int) -> String { String(format: "%.1f M", Double(count) / 1e6) }

  /// Operations in units of 10⁹, for instance `160.1`.
  static func billions(_ count: Int) -> String { String(format: "%.1f", Double(count) / 1e9) }

  /// A size in units of 10⁶ bytes.
  static func megabytes(_ bytes: Int) -> String { String(format: "%.0f MB", Double(bytes) / 1e6) }
}
