/// A named tensor of a checkpoint: shape, element type, and where its values are.
///
/// Copies share the values; a weight from a file keeps that file mapped.
public struct Weight: Sendable {
  enum Storage: Sendable {
    case mapped(MappedFile, Range<Int>)
    /// Elements that do not lie in row-major order in the file: copied whenever they are read.
    case strided(MappedFile, TensorLayout)
    case bytes([UInt8])
    /// No values at all: stands for a weight of which only the shape is of interest.
    case absent
  }

  /// Full name, parts joined by dots.
  public let name: String
  /// Dimensions, outermost first; empty for a scalar.
  public let shape: [Int]
  /// Type of the stored elements.
  public let elementType: ElementType
  let storage: Storage

  init(name: String, shape: [Int], elementType: ElementType, storage: Storage) {
    self.name = name
    self.shape = shape
    self.elementType = elementType
    self.storage = storage
  }

  /// A weight of the given values in row-major order; their count is the shape's product.
  public init(name: String, shape: [Int], values: [Float]) {
    precondition(values.count == shape.reduce(1, *), "\(name): \(values.count) values for \(shape)")
    let bytes = values.withUnsafeBytes { Array($0) }
    self.init(name: name, shape: shape, elementType: .float32, storage: .bytes(bytes))
  }

  /// Number of elements.
  public var count: Int {
    // The other lengths of a tensor without elements may be too large to multiply.
    shape.contains(0) ? 0 : shape.reduce(1, *)
  }

  /// Calls `body` with the stored bytes: row-major, little-endian, not necessarily aligned.
  public func withBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    switch storage {
    case .mapped(let file, let range):
      try withExtendedLifetime(file) {
        try body(UnsafeRawBufferPointer(rebasing: file.bytes[range]))
      }
    case .strided(let file, let layout):
      try layout.gather(from: file.bytes).withUnsafeBytes(body)
    case .bytes(let bytes): try bytes.withUnsafeBytes(body)
    case .absent: try body(UnsafeRawBufferPointer(start: nil, count: 0))
    }
  }

  /// The values as 32-bit floats, in row-major order.
  ///
  /// - Throws: `.unsupported` unless the elements are 16-, 32- or 64-bit floating-point numbers, or
  ///   when the weight has a shape only.
  public func floats() throws(CheckpointError) -> [Float] { try values() }

  /// The values rounded to the nearest number of `Value`, in row-major order.
  ///
  /// - Throws: as `floats()` does.
  func values<Value: BinaryFloatingPoint>() throws(CheckpointError) -> [Value] {
    try checkHasValues()
    switch elementType {
    case .float16: return converted { (value: Float16) in Value(value) }
    case .bfloat16:
      return converted { (half: UInt16) in Value(Float(bitPattern: UInt32(half) << 16)) }
    case .float32: return converted { (value: Float) in Value(value) }
    case .float64: return converted { (value: Double) in Value(value) }
    default:
      throw CheckpointError(
        .unsupported, name, "the weight holds \(elementType.rawValue), not floating-point numbers")
    }
  }

  func checkHasValues() throws(CheckpointError) {
    if case .absent = storage {
      throw CheckpointError(.unsupported, name, "the weight has a shape but no values")
    }
  }

  private func converted<Stored: BitwiseCopyable, Value>(
    _ convert: (Stored) -> Value
  ) -> [Value] {
    withBytes { bytes in
      [Value](unsafeUninitializedCapacity: count) { values, initialised in
        for index in 0..<count {
          let offset = index * MemoryLayout<Stored>.size
          let stored = bytes.loadUnaligned(fromByteOffset: offset, as: Stored.self)
          values.initializeElement(at: index, to: convert(stored))
        }
        initialised = count
      }
    }
  }
}
