import Media

/// A connected part of a mask.
package struct MaskComponent: Equatable {
  /// Foreground pixels of one row, side by side.
  package struct Run: Equatable {
    package var row: Int
    package var columns: Range<Int>
  }

  /// Its pixels, row by row.
  package var runs: [Run] = []

  /// The number of its pixels.
  var area: Int { runs.reduce(0) { $0 + $1.columns.count } }

  /// The smallest box around it; empty without any pixels.
  var box: (columns: Range<Int>, rows: Range<Int>) {
    guard let first = runs.first, let last = runs.last else { return (0..<0, 0..<0) }
    let left = runs.reduce(first.columns.lowerBound) { min($0, $1.columns.lowerBound) }
    let right = runs.reduce(first.columns.upperBound) { max($0, $1.columns.upperBound) }
    return (left..<right, first.row..<last.row + 1)
  }

  /// The mean of its pixels' centres; pixel 0 is centred at 0.5.
  var centroid: (x: Double, y: Double) {
    var (x, y) = (0.0, 0.0)
    for run in runs {
      let count = Double(run.columns.count)
      x += count * Double(run.columns.lowerBound + run.columns.upperBound) / 2
      y += count * (Double(run.row) + 0.5)
    }
    return (x / Double(area), y / Double(area))
  }
}

extension Mask {
  /// The parts of the foreground that hang together, also over corners, in the order of their first
  /// pixels.
  package func components() -> [MaskComponent] {
    var runs: [MaskComponent.Run] = []
    var forest = DisjointSets()
    var rowAbove = 0..<0
    for row in 0..<size.height {
      let start = runs.count
      appendRuns(of: row, to: &runs)
      var above = rowAbove.lowerBound
      for index in start..<runs.count {
        forest.append()
        let columns = runs[index].columns
        // Runs touch, also over a corner, if their columns are at most one apart.
        while above < rowAbove.upperBound, runs[above].columns.upperBound < columns.lowerBound {
          above += 1
        }
        var touching = above
        while touching < rowAbove.upperBound,
          runs[touching].columns.lowerBound <= columns.upperBound
        {
          forest.join(touching, index)
          touching += 1
        }
      }
      rowAbove = start..<runs.count
    }
    var components: [MaskComponent] = []
    var positions: [Int: Int] = [:]
    for (index, run) in runs.enumerated() {
      let root = forest.root(of: index)
      if positions[root] == nil {
        positions[root] = components.count
        components.append(MaskComponent())
      }
      if let position = positions[root] { components[position].runs.append(run) }
    }
    return components
  }

  private func appendRuns(of row: Int, to runs: inout [MaskComponent.Run]) {
    pixels.withUnsafeBufferPointer { pixels in
      let line = UnsafeBufferPointer(rebasing: pixels[row * size.width..<(row + 1) * size.width])
      var column = 0
      while column < line.count {
        if line[column] < 128 {
          column += 1
          continue
        }
        let start = column
        while column < line.count, line[column] >= 128 { column += 1 }
        runs.append(MaskComponent.Run(row: row, columns: start..<column))
      }
    }
  }
}

/// Union-find with path halving.
private struct DisjointSets {
  private var parents: [Int] = []

  /// Adds an element in a set of its own.
  mutating func append() { parents.append(parents.count) }

  mutating func root(of element: Int) -> Int {
    var element = element
    while parents[element] != element {
      parents[element] = parents[parents[element]]
      element = parents[element]
    }
    return element
  }

  mutating func join(_ a: Int, _ b: Int) { parents[root(of: b)] = root(of: a) }
}
