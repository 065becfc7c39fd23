import Evaluation
import Foundation

/// What `csnstream eval` finds out, as a table, JSON and CSV.
struct EvaluationReport {
  let measures: DatasetMeasures
  /// The names of each sequence's frames that count.
  let frameNames: [[String]]
  /// How the masks were made; nil if they were there before.
  let streaming: StreamingReport?

  /// The columns of the DAVIS toolkit's tables.
  private static let columns = [
    "J&F-Mean", "J-Mean", "J-Recall", "J-Decay", "F-Mean", "F-Recall", "F-Decay",
  ]

  private static func values(_ sequence: SequenceMeasures) -> [Double] {
    let (j, f) = (sequence.regionSimilarity, sequence.contourAccuracy)
    return [sequence.mean, j.mean, j.recall, j.decay, f.mean, f.recall, f.decay]
  }

  /// The averages over sequences, by column.
  var global: [Double] {
    let rows = measures.sequences.map(Self.values)
    return Self.columns.indices.map { column in
      rows.reduce(0) { $0 + $1[column] } / Double(rows.count)
    }
  }
}

// MARK: - Table

extension EvaluationReport {
  /// The table's columns.
  /// - Parameter names: those of the sequences.
  static func table(_ names: [String]) -> TextTable {
    let width = names.map(\.count).max() ?? 0
    return TextTable([
      "Sequence": max(width, 8), "Frames": 6, columns[0]: 8, columns[1]: 8, columns[2]: 8,
      columns[3]: 8, columns[4]: 8, columns[5]: 8, columns[6]: 8,
    ])
  }

  /// The cells of a sequence.
  static func row(_ sequence: SequenceMeasures) -> [String] {
    [sequence.name, "\(sequence.regionSimilarity.frames.count)"] + values(sequence).map(text)
  }

  /// The cells of the averages over sequences.
  var globalRow: [String] {
    ["Global", "\(frameNames.reduce(0) { $0 + $1.count })"] + global.map(Self.text)
  }

  /// What does not go by sequences, a line each.
  var summary: [String] {
    var lines: [String] = []
    if let sod = measures.averageSaliency {
      lines.append(
        "Per picture: MAE \(Self.text(sod.meanAbsoluteError)), "
          + "F (beta2 0.3) max \(Self.text(sod.maxFMeasure)) "
          + "adaptive \(Self.text(sod.adaptiveFMeasure)), S \(Self.text(sod.structureMeasure)), "
          + "E max \(Self.text(sod.maxAlignment)) adaptive \(Self.text(sod.adaptiveAlignment))")
    }
    let maxF1 = measures.flattened.maxF1.map { "max F1 \(Self.text($0)), " } ?? ""
    lines.append("All pixels: \(maxF1)MAE \(Self.text(measures.flattened.meanAbsoluteError))")
    if let run = streaming {
      lines.append(
        "\(run.model) on \(run.engine): T_c \(run.clipLength), T_o \(run.overlap), "
          + "\(run.emit) masks, which were up to \(run.latencyFramesMax) frames late"
          + (run.emit == "first" ? " after the first clip, " : ", ")
          + String(format: "%.1f fps", run.fps))
    }
    return lines
  }

  private static func text(_ value: Double) -> String { String(format: "%.4f", value) }
}

// MARK: - Files

extension EvaluationReport {
  /// A line of titles, a line per sequence, and the averages over sequences.
  var csv: String {
    let rows =
      measures.sequences.map { ($0.name, Self.values($0)) } + [("Global", global)]
    let lines = rows.map { name, values in
      let quoted = name.contains { ",\"".contains($0) }
      let name = quoted ? "\"\(name.replacing("\"", with: "\"\""))\"" : name
      return ([name] + values.map { String(format: "%.6f", $0) }).joined(separator: ",")
    }
    return ((["Sequence"] + Self.columns).joined(separator: ",") + "\n")
      + lines.joined(separator: "\n") + "\n"
  }

  /// The same and more as JSON.
  func json() throws -> Data { try JSONOutput.data(EvaluationJSON(self), keys: .useDefaultKeys) }
}
