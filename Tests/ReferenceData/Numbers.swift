/// The largest difference of two lists of the same length; infinite where one has no number.
package func largestDifference(_ left: [Float], _ right: [Float]) -> Float {
  precondition(left.count == right.count, "\(left.count) numbers against \(right.count)")
  return zip(left, right).map { abs($0 - $1) }.reduce(0) { $1.isNaN ? .infinity : max($0, $1) }
}

/// Standard deviation.
package func deviation(_ numbers: [Float]) -> Float {
  let mean = numbers.reduce(0.0) { $0 + Double($1) } / Double(numbers.count)
  let squares = numbers.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
  return Float((squares / Double(numbers.count)).squareRoot())
}

/// Random numbers that are the same in every run.
package struct SeededGenerator: RandomNumberGenerator {
  package var state: UInt64

  package init(state: UInt64) { self.state = state }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
