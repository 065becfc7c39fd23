import ArgumentParser

/// `--overlap`: how many frames neighbouring clips share.
enum OverlapArgument: ExpressibleByArgument, Hashable {
  /// Always as many.
  case fixed(Int)
  /// As many as the load allows, between limits.
  case elastic(ClosedRange<Int>)

  /// From none to the published setting.
  static let auto = OverlapArgument.elastic(0...3)

  /// Reads `3`, `1-5` or `auto`.
  init?(argument: String) {
    if argument == "auto" {
      self = .auto
    } else if let overlap = Int(argument) {
      self = .fixed(overlap)
    } else {
      let parts = argument.split(separator: "-", omittingEmptySubsequences: false)
      let limits = parts.compactMap { Int($0) }
      guard parts.count == 2, limits.count == 2, limits[0] <= limits[1] else { return nil }
      self = .elastic(limits[0]...limits[1])
    }
  }

  var defaultValueDescription: String {
    switch self {
    case .fixed(let overlap): "\(overlap)"
    case .elastic(let limits): "\(limits.lowerBound)-\(limits.upperBound)"
    }
  }

  /// T_o where there is time.
  var most: Int {
    switch self {
    case .fixed(let overlap): overlap
    case .elastic(let limits): limits.upperBound
    }
  }

  /// T_o under load.
  var least: Int {
    switch self {
    case .fixed(let overlap): overlap
    case .elastic(let limits): limits.lowerBound
    }
  }
}
