/// Reads bytes one after the other, never past their end.
struct ByteCursor {
  let bytes: UnsafeRawBufferPointer
  /// Index of the next byte, from 0 to the number of bytes.
  private(set) var position = 0

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  /// A cursor at `position`, or `nil` if that is outside the bytes.
  init?(_ bytes: UnsafeRawBufferPointer, at position: Int) {
    guard (0...bytes.count).contains(position) else { return nil }
    self.bytes = bytes
    self.position = position
  }

  /// The next `count` bytes, or `nil` if there are fewer.
  mutating func take(_ count: Int) -> UnsafeRawBufferPointer? {
    guard count >= 0, count <= bytes.count - position else { return nil }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
  }

  /// The next little-endian integer, or `nil` if there are too few bytes.
  mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type) -> Value? {
    take(MemoryLayout<Value>.size).map { Value(littleEndian: $0.loadUnaligned(as: Value.self)) }
  }

  /// The next little-endian integer as an `Int`, or `nil` if there are too few bytes or it is larger
  /// than any `Int`.
  mutating func length<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type) -> Int? {
    integer(type).flatMap { Int(exactly: $0) }
  }

  /// The bytes up to the next line feed, which is skipped, or `nil` if there is none in the next
  /// `limit` bytes.
  mutating func line(limit: Int) -> UnsafeRawBufferPointer? {
    let window = bytes[position...].prefix(limit)
    guard let end = window.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    defer { position = end + 1 }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<end])
  }
}
