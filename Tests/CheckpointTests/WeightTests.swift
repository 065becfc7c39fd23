import Checkpoint
import Testing

struct WeightTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A weight of `bits` stored as `type`, one byte past any alignment.
  private func weight<Bits: FixedWidthInteger>(
    _ type: ElementType, _ bits: [Bits]
  ) throws -> Weight {
    let bytes = bits.flatMap { bits in withUnsafeBytes(of: bits.littleEndian, Array.init) }
    let count = bytes.count / type.byteCount
    let header = """
      {"pad":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},\
      "w":{"dtype":"\(type.rawValue)","shape":[\(count)],"data_offsets":[1,\(bytes.count + 1)]}}
      """
    let path = try folder.file("weights", safetensors(header, dataCount: 1) + bytes)
    return try #require(try Safetensors(path: path).weights["w"])
  }

  @Test("converts half precision, its subnormal, infinite and undefined values among them")
  func half() throws {
    let bits: [UInt16] = [0x0000, 0x8000, 0x3C00, 0xC248, 0x0001, 0x7BFF, 0x7C00, 0xFC00, 0x7E00]
    let values = try weight(.float16, bits).floats()
    #expect(values.prefix(8) == [0, 0, 1, -3.140625, 0x1p-24, 65504, .infinity, -.infinity])
    #expect(values[1].sign == .minus)
    #expect(values[8].isNaN)
  }

  @Test("converts bfloat16")
  func brain() throws {
    let bits: [UInt16] = [0x3F80, 0xC049, 0x0001, 0x7F80, 0x7FC0]
    let values = try weight(.bfloat16, bits).floats()
    #expect(values.prefix(4) == [1, -3.140625, Float(bitPattern: 0x10000), .infinity])
    #expect(values[4].isNaN)
  }

  @Test("converts single and double precision")
  func singleAndDouble() throws {
    let single: [Float] = [0.1, -2, .greatestFiniteMagnitude]
    #expect(try weight(.float32, single.map(\.bitPattern)).floats() == single)
    let double = [0.1, -2, 1e300]
    #expect(try weight(.float64, double.map(\.bitPattern)).floats() == [0.1, -2, .infinity])
  }

  @Test(
    "refuses to take other types for numbers to compute with",
    arguments: ElementType.allCases.filter {
      ![.float16, .bfloat16, .float32, .float64].contains($0)
    })
  func otherTypes(type: ElementType) throws {
    let weight = try weight(type, [UInt8](repeating: 0, count: type.byteCount))
    #expect { try weight.floats() } throws: { error in
      (error as? CheckpointError)?.code == .unsupported && "\(error)".contains(type.rawValue)
    }
  }
}
