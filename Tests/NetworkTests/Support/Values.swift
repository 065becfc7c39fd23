import Network

/// Numbers of shape [C, T, H, W], in row-major order.
struct Values {
  var shape: TensorShape
  var numbers: [Float]

  init(_ shape: TensorShape, _ numbers: [Float]) {
    self.shape = shape
    self.numbers = numbers
  }

  /// Computes every number from its channel, frame, row and column.
  init(_ shape: TensorShape, _ number: (Int, Int, Int, Int) -> Double) {
    self.init(shape, [])
    for c in 0..<shape.channels {
      for t in 0..<shape.extent.frames {
        for y in 0..<shape.extent.height {
          for x in 0..<shape.extent.width { numbers.append(Float(number(c, t, y, x))) }
        }
      }
    }
  }

  /// The number at a place, or nil outside.
  subscript(c: Int, t: Int, y: Int, x: Int) -> Double? {
    let extent = shape.extent
    guard t >= 0, t < extent.frames, y >= 0, y < extent.height, x >= 0, x < extent.width else {
      return nil
    }
    return Double(numbers[((c * extent.frames + t) * extent.height + y) * extent.width + x])
  }

  func map(_ transform: (Double) -> Double) -> Values {
    Values(shape, numbers.map { Float(transform(Double($0))) })
  }

  static func + (left: Values, right: Values) -> Values {
    Values(left.shape, zip(left.numbers, right.numbers).map(+))
  }
}
