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

/// The largest difference of two lists of the same length; infinite where one has no number.
func largestDifference(_ left: [Float], _ right: [Float]) -> Float {
  precondition(left.count == right.count, "\(left.count) numbers against \(right.count)")
  return zip(left, right).map { abs($0 - $1) }.reduce(0) { $1.isNaN ? .infinity : max($0, $1) }
}

/// Standard deviation.
func deviation(_ numbers: [Float]) -> Float {
  let mean = numbers.reduce(0.0) { $0 + Double($1) } / Double(numbers.count)
  let squares = numbers.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
  return Float((squares / Double(numbers.count)).squareRoot())
}

/// Random numbers that are the same in every run.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
