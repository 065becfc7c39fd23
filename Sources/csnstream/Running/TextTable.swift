/// Rows of text in columns, the first aligned left and the others right.
struct TextTable {
  private let titles: [String]
  private let widths: [Int]

  /// - Parameter columns: each title, and the width that its texts need at least.
  init(_ columns: KeyValuePairs<String, Int>) {
    titles = columns.map(\.key)
    widths = columns.map { max($0.key.count, $0.value) }
  }

  /// The line of titles.
  var header: String { row(titles) }

  /// A line; one text per column.
  func row(_ texts: [String]) -> String {
    zip(texts, widths).enumerated().map { index, cell in
      let space = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
      return index == 0 ? cell.0 + space : space + cell.0
    }.joined(separator: "  ")
  }
}
