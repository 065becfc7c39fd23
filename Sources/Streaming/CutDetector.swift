/// Finds the cuts between scenes in the frames that the network sees, as they come: whether a frame
/// continues the one before it is told without waiting for the next.
///
/// A frame is reduced to a grid of 30 cells along its short edge, whose brightness is brought to
/// mean 0 and deviation 1, so that a flash or a fade changes little. Two things are measured between
/// neighbours: what of the brightness no movement of blocks of cells explains, and how many cells
/// change colour. Fast motion raises the first and hardly the second, and goes on for a while; so the
/// first counts against the most there was of it in the last frames.
public struct CutDetector: Sendable {
  /// A frame is a cut if its score is above this.
  ///
  /// Chosen on the 30 training sequences of DAVIS 2016: see `Docs/decisions/0007`.
  private static let threshold: Float = 0.66
  /// The residual expected of motion before there are frames to tell.
  private static let usualResidual: Float = 0.4
  private static let memory = 8

  private let canvasWidth: Int
  /// The edge of a cell in pixels, rounded down.
  private let cell: Int
  /// Where the columns of cells begin on the canvas, in pixels.
  private let columns: [Int]
  /// Where the rows of cells begin on the canvas, in pixels.
  private let rows: [Int]
  private var last: CellGrid?
  /// The residuals of the latest frames of the scene, oldest first; at most `memory`.
  private var residuals: [Float] = []

  /// Makes a detector for canvases with a picture of `width` × `height` pixels at (`left`, `top`).
  public init(canvasWidth: Int, left: Int, top: Int, width: Int, height: Int) {
    self.canvasWidth = canvasWidth
    // The same grid for every size of the canvas, so that one threshold fits all.
    let edge = min(width, height)
    let count = min(30, edge)
    cell = edge / count
    let starts = { (first: Int, length: Int) in
      let cells = length * count / edge
      return (0..<cells).map { first + $0 * length / cells }
    }
    columns = starts(left, width)
    rows = starts(top, height)
  }

  /// Whether the next frame begins a new scene. Never true for the first frame.
  /// - Parameter canvas: packed 8-bit RGB, [H, W, 3].
  public mutating func isCut(_ canvas: [UInt8]) -> Bool {
    let grid = reduce(canvas)
    defer { last = grid }
    guard let last else { return false }
    let residual = grid.residual(from: last)
    let usual = max(Self.usualResidual, residuals.max() ?? 0)
    let score = residual + (grid.colourChange(from: last) - usual) / 2
    if score > Self.threshold {
      residuals = []
      return true
    }
    if residuals.count == Self.memory { residuals.removeFirst() }
    residuals.append(residual)
    return false
  }

  /// Tells that the next frame begins a new scene: it is no cut.
  public mutating func beginScene() {
    last = nil
    residuals = []
  }

  /// The means of the cells, from up to 4 × 4 of the pixels of each.
  private func reduce(_ canvas: [UInt8]) -> CellGrid {
    let step = max(1, cell / 4)
    let offsets = Array(stride(from: step / 2, to: cell, by: step))
    let scale = 1 / Float(offsets.count * offsets.count)
    var colours: [SIMD3<Float>] = []
    colours.reserveCapacity(rows.count * columns.count)
    canvas.withUnsafeBufferPointer { canvas in
      for row in rows {
        for column in columns {
          var sum = SIMD3<Int32>()
          for y in offsets {
            let start = (row + y) * canvasWidth + column
            for x in offsets {
              let pixel = (start + x) * 3
              sum &+= SIMD3(
                Int32(canvas[pixel]), Int32(canvas[pixel + 1]), Int32(canvas[pixel + 2]))
            }
          }
          colours.append(SIMD3<Float>(sum) * scale)
        }
      }
    }
    return CellGrid(colours, columns: columns.count, rows: rows.count)
  }
}

/// The brightness of the cells of a frame, relative to the frame's own, and its colours.
private struct CellGrid {
  private let columns: Int
  private let rows: Int
  /// [rows, columns]
  private let luma: [Float]
  /// The share of the cells with each colour: 4 steps of brightness by 5 of B − G by 5 of R − G.
  private var colours = [Float](repeating: 0, count: 4 * 5 * 5)

  init(_ cells: [SIMD3<Float>], columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
    // ITU-R BT.601
    var luma = cells.map { ($0 * SIMD3(0.299, 0.587, 0.114)).sum() }
    let count = Float(cells.count)
    let mean = luma.reduce(0, +) / count
    let variance = luma.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    // Noise of a black picture is not to be taken for its contents.
    let scale = 1 / max(variance.squareRoot(), 8)
    for i in luma.indices { luma[i] = (luma[i] - mean) * scale }
    self.luma = luma
    let step = { (difference: Float) in
      Int(max(0, min(4, (difference * scale / 0.4 + 2).rounded())))
    }
    for (cell, brightness) in zip(cells, luma) {
      let bright = Int(max(0, min(3, (brightness / 0.8 + 2).rounded(.down))))
      colours[(bright * 5 + step(cell.z - cell.y)) * 5 + step(cell.x - cell.y)] += 1 / count
    }
  }

  /// The share of the cells whose colour is another than in `earlier`, at least.
  func colourChange(from earlier: CellGrid) -> Float {
    zip(colours, earlier.colours).reduce(0) { $0 + abs($1.0 - $1.1) } / 2
  }

  /// What is left of this frame once each block is explained by the best matching block of `earlier`
  /// nearby, relative to what there is to explain. About 0…1; 0 if the frame is too small for a block.
  func residual(from earlier: CellGrid) -> Float {
    let reach = 4
    var unexplained: Float = 0
    var contents: Float = 0
    luma.withUnsafeBufferPointer { luma in
      earlier.luma.withUnsafeBufferPointer { earlier in
        for y in stride(from: 0, through: rows - 8, by: 8) {
          for x in stride(from: 0, through: columns - 8, by: 8) {
            let block = Block(luma, at: y * columns + x, bytesPerRow: columns * 4)
            var least = Float.infinity
            for v in max(0, y - reach)...min(rows - 8, y + reach) {
              for u in max(0, x - reach)...min(columns - 8, x + reach) {
                let other = Block(earlier, at: v * columns + u, bytesPerRow: columns * 4)
                least = min(least, block.distance(to: other))
              }
            }
            unexplained += least
            // Where there is hardly anything to explain, noise is to count for little.
            contents += block.distance(to: Block()) + 1.6
          }
        }
      }
    }
    return contents > 0 ? unexplained / contents : 0
  }
}

/// 8 × 8 cells.
private struct Block {
  private var rows = InlineArray<8, SIMD8<Float>>(repeating: .zero)

  /// Brightness 0.
  init() {}

  init(_ luma: UnsafeBufferPointer<Float>, at first: Int, bytesPerRow: Int) {
    let base = UnsafeRawPointer(luma.baseAddress! + first)
    for row in 0..<8 {
      rows[row] = (base + row * bytesPerRow).loadUnaligned(as: SIMD8<Float>.self)
    }
  }

  /// The sum of the absolute differences, up to a constant.
  func distance(to other: Block) -> Float {
    var sum = SIMD8<Float>()
    for row in 0..<8 { sum += rows[row] - other.rows[row] }
    let mean = sum.sum() / 64
    var distance = SIMD8<Float>()
    for row in 0..<8 {
      let difference = rows[row] - other.rows[row] - mean
      distance += difference.replacing(with: -difference, where: difference .< 0)
    }
    return distance.sum()
  }
}
