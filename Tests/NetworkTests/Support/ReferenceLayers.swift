import Foundation
import Network

/// The layers as their definitions say, computed slowly in double precision.
enum Reference {
  /// `weight` is [out, in / groups, kT, kH, kW].
  static func convolution(
    _ x: Values, _ weight: [Float], output: Int, kernel: Extent3D, stride: Extent3D,
    padding: Padding, groups: Int
  ) -> Values {
    let inputPerGroup = x.shape.channels / groups
    let extent = windows(x, kernel, stride, padding)
    return Values(TensorShape(output, extent)) { o, t, y, c in
      var sum = 0.0
      let firstInput = o / (output / groups) * inputPerGroup
      for i in 0..<inputPerGroup {
        for (offset, dt, dy, dx) in places(of: kernel) {
          let value = x[
            firstInput + i, t * stride.frames + dt - padding.before.frames,
            y * stride.height + dy - padding.before.height,
            c * stride.width + dx - padding.before.width]
          let factor = weight[(o * inputPerGroup + i) * kernel.volume + offset]
          sum += (value ?? 0) * Double(factor)
        }
      }
      return sum
    }
  }

  static func maxPool(_ x: Values, kernel: Extent3D, stride: Extent3D) -> Values {
    let padding = Padding.centred(kernel)
    let extent = windows(x, kernel, stride, padding)
    return Values(TensorShape(x.shape.channels, extent)) { c, t, y, column in
      places(of: kernel).compactMap { _, dt, dy, dx in
        x[
          c, t * stride.frames + dt - padding.before.frames,
          y * stride.height + dy - padding.before.height,
          column * stride.width + dx - padding.before.width]
      }.max()!
    }
  }

  static func resize(_ x: Values, to extent: Extent3D) -> Values {
    let input = x.shape.extent
    return Values(TensorShape(x.shape.channels, extent)) { c, t, y, column in
      var sum = 0.0
      for (t, wt) in neighbours(of: t, input.frames, extent.frames) {
        for (y, wy) in neighbours(of: y, input.height, extent.height) {
          for (column, wx) in neighbours(of: column, input.width, extent.width) {
            sum += wt * wy * wx * x[c, t, y, column]!
          }
        }
      }
      return sum
    }
  }

  static func softmax(_ x: Values) -> Values {
    Values(x.shape) { c, t, y, column in
      let powers = (0..<x.shape.channels).map { exp(x[$0, t, y, column]!) }
      return powers[c] / powers.reduce(0, +)
    }
  }

  static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

  /// The two places of the input between which an output place lies, with their shares.
  private static func neighbours(of index: Int, _ input: Int, _ output: Int) -> [(Int, Double)] {
    let centre = (Double(index) + 0.5) * Double(input) / Double(output) - 0.5
    let position = min(max(centre, 0), Double(input - 1))
    let lower = Int(position)
    let share = position - Double(lower)
    return [(lower, 1 - share), (min(lower + 1, input - 1), share)]
  }

  private static func places(of kernel: Extent3D) -> [(Int, Int, Int, Int)] {
    (0..<kernel.volume).map { index in
      let row = index / kernel.width
      return (index, row / kernel.height, row % kernel.height, index % kernel.width)
    }
  }

  /// Number of windows: how often the kernel fits.
  private static func windows(
    _ x: Values, _ kernel: Extent3D, _ stride: Extent3D, _ padding: Padding
  ) -> Extent3D {
    func count(_ size: Int, _ kernel: Int, _ stride: Int) -> Int {
      Array(Swift.stride(from: 0, through: size - kernel, by: stride)).count
    }
    let (extent, before, after) = (x.shape.extent, padding.before, padding.after)
    return Extent3D(
      count(extent.frames + before.frames + after.frames, kernel.frames, stride.frames),
      count(extent.height + before.height + after.height, kernel.height, stride.height),
      count(extent.width + before.width + after.width, kernel.width, stride.width))
  }
}
