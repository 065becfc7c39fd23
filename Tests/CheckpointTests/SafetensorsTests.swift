import Checkpoint
import Foundation
import Testing

struct SafetensorsTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("reads what it wrote, whatever the type, the shape and the name")
  func roundTrip() throws {
    let weights = [
      Weight(name: "scalar", shape: [], values: [-1.5]),
      Weight(name: "empty", shape: [3, 0, 2], values: []),
      Weight(name: "matrix", shape: [2, 3], values: [0, 1, .infinity, -0.0, 0x1p-149, -7]),
      Weight(name: "a \"quoted\"\\\n\u{1}\tname of ünïcode 🙂", shape: [1], values: [3]),
    ]
    let path = folder.path("out.safetensors")
    try Safetensors.write(weights, to: path)
    let file = try Safetensors(path: path)
    #expect(file.weights.count == weights.count)
    for weight in weights {
      let read = try #require(file.weights[weight.name])
      #expect(read.name == weight.name)
      #expect(read.shape == weight.shape)
      #expect(read.elementType == .float32)
      #expect(try read.floats() == weight.floats())
    }
  }

  @Test("keeps the stored type when writing")
  func writesOtherTypes() throws {
    let header = #"{"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}"#
    let bytes = safetensors(header) + [0x00, 0x3C, 0x00, 0xC0]
    let original = try Safetensors(path: folder.file("in", bytes))
    try Safetensors.write(Array(original.weights.values), to: folder.path("out"))
    let weight = try #require(try Safetensors(path: folder.path("out")).weights["h"])
    #expect(weight.elementType == .float16)
    #expect(try weight.floats() == [1, -2])
  }

  @Test("rounds floating-point numbers to 16 bits on request and leaves others as they are")
  func writesHalves() throws {
    let header = """
      {"b":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]},\
      "d":{"dtype":"F64","shape":[2],"data_offsets":[2,18]},\
      "h":{"dtype":"F16","shape":[1],"data_offsets":[18,20]},\
      "i":{"dtype":"I64","shape":[1],"data_offsets":[20,28]}}
      """
    // Just above the middle of 1 and its successor in 16 bits: rounding to 32 bits first would lose
    // that.
    let double = 1 + 0x1p-11 + 0x1p-40
    var bytes = safetensors(header) + littleEndian(UInt16(0x4049))
    bytes += littleEndian(double.bitPattern) + littleEndian((-Double.infinity).bitPattern)
    bytes += littleEndian(Float16(0.1).bitPattern) + littleEndian(7)
    let original = try Safetensors(path: folder.file("in", bytes))
    let single = Weight(name: "f", shape: [2], values: [0.1, 65504])
    try Safetensors.write(
      original.weights.values + [single], to: folder.path("out"), halvingFloats: true)
    let written = try Safetensors(path: folder.path("out")).weights
    #expect(try written["b"]?.floats() == [3.140625])
    #expect(try written["d"]?.floats() == [1 + 0x1p-10, -.infinity])
    #expect(try written["h"]?.floats() == [Float(Float16(0.1))])
    #expect(try written["f"]?.floats() == [Float(Float16(0.1)), 65504])
    #expect(["b", "d", "f", "h"].allSatisfy { written[$0]?.elementType == .float16 })
    #expect(written["i"]?.elementType == .int64)
    #expect(written["i"]?.withBytes { Array($0) } == littleEndian(7))
  }

  @Test("refuses to round to infinity, and leaves nothing behind")
  func refusesOverflow() throws {
    let weight = Weight(name: "huge", shape: [2], values: [1, 65520])
    #expect {
      try Safetensors.write([weight], to: folder.path("out"), halvingFloats: true)
    } throws: {
      "\($0)".contains("huge: holds numbers beyond 65504")
    }
    #expect(try folder.names().isEmpty)
  }

  @Test("writes all it can hold in the order that keeps every tensor aligned")
  func alignsWrittenTensors() throws {
    let header = """
      {"b":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},\
      "d":{"dtype":"F64","shape":[1],"data_offsets":[3,11]}}
      """
    let original = try Safetensors(path: folder.file("in", safetensors(header, dataCount: 11)))
    try Safetensors.write(Array(original.weights.values), to: folder.path("out"))
    let written = [UInt8](try Data(contentsOf: URL(filePath: folder.path("out"))))
    let dataStart = written.count - 11
    #expect(dataStart.isMultiple(of: 8))
    let text = String(decoding: written[8..<dataStart], as: UTF8.self)
    #expect(text.contains(#""d":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}"#))
    #expect(text.contains(#""b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}"#))
  }

  @Test("reports an unwritable place and leaves nothing behind")
  func unwritable() {
    let path = folder.path("missing/out.safetensors")
    #expect { try Safetensors.write([], to: path) } throws: { error in
      let error = error as? CheckpointError
      return error?.code == .inputOutput
        && error?.description == "\(path): cannot create it: No such file or directory"
    }
  }

  @Test(
    "accepts headers at the edge of the format",
    arguments: [
      ("{}", 0),
      ("{}   \n", 0),
      (#"{"__metadata__":{"format":"pt","\u00e9\ud83d\ude42":"\\\"\/\b\f\n\r\t"}}"#, 0),
      (#"{ "a" : { "shape" : [ 2 , 1 ] , "data_offsets" : [ 0 , 8 ] , "dtype" : "F32" } }"#, 8),
      (#"{"a":{"dtype":"I64","shape":[],"data_offsets":[0,8]}}"#, 8),
      (#"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#, 0),
      (
        #"{"b":{"dtype":"U8","shape":[3],"data_offsets":[1,4]},"#
          + #""a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, 4
      ),
    ])
  func acceptsValid(header: String, dataCount: Int) throws {
    _ = try Safetensors(path: folder.file("ok", safetensors(header, dataCount: dataCount)))
  }

  @Test("refuses hostile headers with one line that names the file", arguments: hostileHeaders)
  func refusesHostile(header: String, dataCount: Int, reason: String) throws {
    let path = try folder.file("bad", safetensors(header, dataCount: dataCount))
    #expect { try Safetensors(path: path) } throws: { error in
      let text = "\(error)"
      #expect(text.hasPrefix("\(path): "))
      #expect(text.contains(reason), "\(text)")
      #expect(!text.contains("\n") && text.utf8.count < path.utf8.count + 300)
      return (error as? CheckpointError)?.code == .malformed
    }
  }

  @Test(
    "refuses files whose header cannot be there",
    arguments: [
      ([], "too short"),
      ([1, 2, 3, 4, 5, 6, 7], "too short"),
      ([0, 0, 0, 0, 0, 0, 0, 0], "not a JSON object"),
      ([3, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x7D], "ends inside"),
      ([0, 0xE1, 0xF5, 0x05, 0, 0, 0, 0, 0x7B, 0x7D], "ends inside"),
      ([1, 0xE1, 0xF5, 0x05, 0, 0, 0, 0, 0x7B, 0x7D], "100000001 bytes"),
      ([UInt8](repeating: 0xFF, count: 64), "18446744073709551615 bytes"),
    ])
  func refusesShort(bytes: [UInt8], reason: String) throws {
    let path = try folder.file("short", bytes)
    #expect { try Safetensors(path: path) } throws: { error in
      "\(error)".contains(reason) && (error as? CheckpointError)?.code == .malformed
    }
  }

  @Test("refuses what is not a file")
  func refusesOtherThings() throws {
    let fifo = folder.path("fifo")
    #expect(mkfifo(fifo, 0o600) == 0)
    let cases = [
      (folder.path("nothing"), "No such file or directory"), (folder.path("."), "regular file"),
      (fifo, "regular file"),
    ]
    for (path, reason) in cases {
      #expect { try Safetensors(path: path) } throws: { error in
        "\(error)".contains(reason) && (error as? CheckpointError)?.code == .inputOutput
      }
    }
  }

  @Test("survives every single-byte change and every truncation of a valid file")
  func survivesDamage() throws {
    let header = """
      {"__metadata__":{"k":"\\u00e9"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},\
      "b":{"dtype":"BF16","shape":[],"data_offsets":[8,10]}}
      """
    let valid = safetensors(header, dataCount: 10)
    var refused = 0
    var tried = 0
    func open(_ bytes: [UInt8]) throws {
      tried += 1
      do throws(CheckpointError) {
        let file = try Safetensors(path: try! folder.file("damaged", bytes))
        for weight in file.weights.values { weight.withBytes { _ = $0.reduce(0, &+) } }
      } catch { refused += 1 }
    }
    for position in 0..<valid.count - 10 {
      for byte: UInt8 in [0x00, 0x22, 0x2C, 0x39, 0x5B, 0x5C, 0x7D, 0xFF]
      where valid[position] != byte {
        var bytes = valid
        bytes[position] = byte
        try open(bytes)
      }
    }
    for count in 0..<valid.count { try open(Array(valid[..<count])) }
    // What remains valid is a changed name or metadata text.
    #expect(refused > tried * 8 / 10)
    #expect(refused < tried)
  }
}

/// Header, bytes of data after it, and what the message must say.
private let hostileHeaders: [(String, Int, String)] = {
  func entry(_ shape: String, _ offsets: String, dtype: String = "F32") -> String {
    #"{"a":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":\#(offsets)}}"#
  }
  let big = "9223372036854775807"
  let small = #"{"dtype":"U8","shape":[2],"data_offsets":[0,2]}"#
  let late = #"{"dtype":"U8","shape":[2],"data_offsets":[1,3]}"#
  let ones = Array(repeating: "1", count: 5000).joined(separator: ",")
  let brackets = String(repeating: "[", count: 100_000)
  return [
    // Not the JSON the format allows.
    ("[]", 0, "not a JSON object"), (" {}", 0, "not a JSON object"), ("\u{FEFF}{}", 0, "object"),
    ("{", 0, "needs"), ("{}{}", 0, "after its JSON object"), ("{}\0", 0, "after its JSON object"),
    (#"{"a""#, 0, "needs ':'"), (#"{"a":"#, 0, "needs '{'"), (#"{"a":1}"#, 0, "needs '{'"),
    (#"{"a":null}"#, 0, "needs '{'"), (#"{"a":\#(brackets)}"#, 0, "needs '{'"),
    (#"{"a":{"shape":\#(brackets)}}"#, 0, "integer"), (#"{"a":{}}"#, 0, "lacks"),
    (#"{"a":{},}"#, 0, "lacks"), (#"{,}"#, 0, "needs"), (#"{"a" {}}"#, 0, "needs ':'"),
    (#"{"a":{"dtype":"F32","shape":[1]}}"#, 4, "lacks"),
    (#"{"a":{"dtype":"F32","data_offsets":[0,4]}}"#, 4, "lacks"),
    (#"{"a":{"shape":[1],"data_offsets":[0,4]}}"#, 4, "lacks"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}"#, 4, "unknown key"),
    (#"{"a":{"dtype":"F32","dtype":"F32"}}"#, 4, "twice"),
    (#"{"a":\#(small),"a":\#(small)}"#, 2, "twice"),
    (#"{"a":\#(small),"\u0061":\#(small)}"#, 2, "twice"),
    (#"{"__metadata__":{"k":1}}"#, 0, "needs '\"'"), (#"{"__metadata__":[]}"#, 0, "needs '{'"),
    (#"{"a\#u{1}":{}}"#, 0, "control character"), (#"{"\x":{}}"#, 0, "unknown escape"),
    (#"{"\ud83d":{}}"#, 0, "surrogate"), (#"{"\ud83dx":{}}"#, 0, "surrogate"),
    (#"{"\ude42":{}}"#, 0, "surrogate"),
    (#"{"\u12"#, 0, "escape"), (#"{"\u12g4":{}}"#, 0, "escape"),
    (#"{"abc"#, 0, "ends inside a string"), (#"{"abc\"#, 0, "ends inside a string"),
    // Types, shapes and offsets that are no such thing.
    (entry("[1]", "[0,4]", dtype: "F33"), 4, "unknown dtype"),
    (entry("[1]", "[0,4]", dtype: "f32"), 4, "unknown dtype"),
    (entry("[-1]", "[0,4]"), 4, "non-negative integer"),
    (entry("[1.0]", "[0,4]"), 4, "needs ']'"), (entry("[1e0]", "[0,4]"), 4, "needs ']'"),
    (entry("[01]", "[0,4]"), 4, "non-negative integer"),
    (entry("[true]", "[0,4]"), 4, "non-negative integer"),
    (entry("1", "[0,4]"), 4, "needs '['"), (entry("[1,]", "[0,4]"), 4, "non-negative integer"),
    (entry("[\(big)0]", "[0,4]"), 4, "64 bits"),
    (entry("[\(ones)]", "[0,4]"), 4, "32 numbers"),
    (entry("[1]", "[0]"), 4, "lacks"), (entry("[1]", "[0,4,4]"), 4, "lacks"),
    (entry("[1]", "[]"), 4, "lacks"),
    // Sizes that do not fit each other or the file.
    (entry("[\(big),2]", "[0,4]"), 4, "too many elements"),
    (entry("[4294967296,4294967296]", "[0,0]"), 0, "too many elements"),
    (entry("[2305843009213693952]", "[0,0]"), 0, "too many elements"),
    (entry("[2]", "[0,4]"), 4, "take 8"), (entry("[1]", "[0,8]"), 8, "take 4"),
    (entry("[0]", "[0,4]"), 4, "take 0"), (entry("[1]", "[4,0]"), 4, "outside the 4 bytes"),
    (entry("[2]", "[0,8]"), 4, "outside the 4 bytes"),
    (entry("[1]", "[\(big),\(big)]"), 4, "outside the 4 bytes"),
    (entry("[1]", "[0,\(big)]"), 4, "outside the 4 bytes"),
    // Gaps and overlaps.
    (entry("[1]", "[4,8]"), 8, "4 bytes before"), (entry("[1]", "[0,4]"), 5, "1 bytes at the end"),
    ("{}", 1, "1 bytes at the end"),
    (#"{"a":\#(small),"b":\#(small)}"#, 2, "overlaps"),
    (#"{"a":\#(small),"b":\#(late)}"#, 3, "overlaps"),
    (#"{"a":{"dtype":"U8","shape":[0],"data_offsets":[1,1]}}"#, 1, "before"),
    // A name that would break a message.
    (
      #"{"\#(String(repeating: "n", count: 100_000))\n":{"dtype":"?"}}"#, 0, "unknown dtype"
    ),
  ]
}()
