/// A tensor's elements in a file: those of a range of bytes, addressed by strides.
struct TensorLayout: Sendable {
  /// Position of the first element, in bytes from the file's start.
  let start: Int
  let shape: [Int]
  /// Distance of neighbours along each dimension, in elements.
  let strides: [Int]
  let elementSize: Int
  let count: Int

  /// More dimensions than any weight has.
  private static let maximumRank = 32

  /// The layout of `tensor`, whose storage occupies the bytes `storage` of a file.
  ///
  /// - Returns: `nil` if it has an element outside its storage, or more elements than its file has
  ///   bytes: expanded along a dimension of stride 0, a tensor could claim any size.
  init?(_ tensor: TensorReference, storage: Range<Int>, fileSize: Int) {
    guard tensor.shape.count <= Self.maximumRank else { return nil }
    shape = tensor.shape
    // The stride of a single element leads nowhere, and may be any number.
    strides = zip(tensor.shape, tensor.strides).map { $0 == 1 ? 0 : $1 }
    elementSize = tensor.storage.elementType.byteCount

    if shape.contains(0) {
      (start, count) = (storage.lowerBound, 0)
      return
    }
    var count = elementSize
    var last = tensor.offset
    for (length, stride) in zip(shape, strides) {
      let (product, isTooLarge) = count.multipliedReportingOverflow(by: length)
      let (step, isTooLong) = (length - 1).multipliedReportingOverflow(by: stride)
      let (sum, isTooFar) = last.addingReportingOverflow(step)
      guard !isTooLarge, !isTooLong, !isTooFar else { return nil }
      (count, last) = (product, sum)
    }
    guard count <= fileSize, last < storage.count / elementSize else { return nil }
    start = storage.lowerBound + tensor.offset * elementSize
    self.count = count / elementSize
  }

  /// The bytes of the elements in row-major order, if they lie so in the file.
  var contiguousBytes: Range<Int>? {
    var expected = 1
    for (length, stride) in zip(shape, strides).reversed() where count > 0 && length != 1 {
      guard stride == expected else { return nil }
      expected *= length
    }
    return start..<start + count * elementSize
  }

  /// Copies the elements from `file` into row-major order.
  func gather(from file: UnsafeRawBufferPointer) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count * elementSize) { elements, initialised in
      let destination = UnsafeMutableRawBufferPointer(elements)
      var index = [Int](repeating: 0, count: shape.count)
      var source = start
      for element in 0..<count {
        let bytes = UnsafeRawBufferPointer(rebasing: file[source..<source + elementSize])
        destination.baseAddress?.advanced(by: element * elementSize)
          .copyMemory(from: bytes.baseAddress!, byteCount: elementSize)
        advance(&index, &source)
      }
      initialised = count * elementSize
    }
  }

  /// Goes on to the next element in row-major order, the last dimension fastest.
  private func advance(_ index: inout [Int], _ source: inout Int) {
    for dimension in shape.indices.reversed() {
      index[dimension] += 1
      source += strides[dimension] * elementSize
      if index[dimension] < shape[dimension] { return }
      source -= shape[dimension] * strides[dimension] * elementSize
      index[dimension] = 0
    }
  }
}
