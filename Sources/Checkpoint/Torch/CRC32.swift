/// The checksum of zip files: CRC-32 of ISO 3309, polynomial 0x04C11DB7, bits reversed.
enum CRC32 {
  /// Entry 256·k + b carries the byte b over k further bytes, so that eight bytes are one step.
  private static let table: [UInt32] = {
    var table = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var value = UInt32(byte)
      for _ in 0..<8 {
        let isOdd = value & 1 == 1
        value >>= 1
        if isOdd { value ^= 0xEDB8_8320 }
      }
      table[byte] = value
    }
    for index in 256..<table.count {
      let shorter = table[index - 256]
      table[index] = shorter >> 8 ^ table[Int(shorter & 0xFF)]
    }
    return table
  }()

  static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    table.withUnsafeBufferPointer { table in
      var value = UInt32.max
      let wordEnd = bytes.count & ~7
      for position in stride(from: 0, to: wordEnd, by: 8) {
        let next = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
        var word = next.littleEndian ^ UInt64(value)
        value = 0
        for following in stride(from: 7, through: 0, by: -1) {
          value ^= table[following << 8 | Int(word & 0xFF)]
          word >>= 8
        }
      }
      for byte in bytes[wordEnd...] {
        value = value >> 8 ^ table[Int(UInt8(truncatingIfNeeded: value) ^ byte)]
      }
      return ~value
    }
  }
}
