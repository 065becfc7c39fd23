import Checkpoint
import Foundation
import Testing

struct TorchArchiveTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func open(_ bytes: [UInt8], name: String = "weights") throws -> [String: Weight] {
    try WeightsFile(path: folder.file(name, bytes)).weights
  }

  /// The tensor `pickle` of the storage 0, which counts from 0, read from both kinds of file.
  private func read(_ pickle: [UInt8], count: Int) throws -> [Weight] {
    let root = Pickle.dictionary(["w": pickle])
    let zip = try open(zipArchive(root, storages: [("0", counting(count))]))
    let legacy = try open(
      legacyFile(root, storages: [("0", count, counting(count))]), name: "legacy")
    return [try #require(zip["w"]), try #require(legacy["w"])]
  }

  @Test(
    "reads what PyTorch wrote, to the bit",
    .enabled(if: SharedFolder.exists, Comment(rawValue: SharedFolder.absent)),
    arguments: ["flat", "nested"], ["legacy", "zip"])
  func parity(content: String, format: String) throws {
    let checkpoints = SharedFolder.path("parity/checkpoints/\(content)")
    let expected = try Safetensors(path: "\(checkpoints)_expected.safetensors").weights
    let weights = try TorchArchive(path: "\(checkpoints)_\(format).pth").weights
    #expect(Set(weights.keys) == Set(expected.keys))
    for (name, weight) in weights {
      let expected = try #require(expected[name])
      #expect(weight.name == name)
      #expect(weight.shape == expected.shape)
      #expect(weight.elementType == expected.elementType)
      #expect(weight.withBytes { Array($0) } == expected.withBytes { Array($0) })
    }
  }

  @Test(
    "puts elements into row-major order, wherever they lie in their storage",
    arguments: [
      (offset: 0, shape: [2, 3], strides: [3, 1], values: [0, 1, 2, 3, 4, 5]),
      (2, [4], [1], [2, 3, 4, 5]),
      (0, [3, 2], [1, 3], [0, 3, 1, 4, 2, 5]),
      (1, [2, 2], [3, 1], [1, 2, 4, 5]),
      (0, [3], [2], [0, 2, 4]),
      (5, [], [], [5]),
      (1, [1, 2, 1], [77, 1, 99], [1, 2]),
      (4, [2, 3], [1, 0], [4, 4, 4, 5, 5, 5]),
      (0, [1, 2, 2], [1 << 62, 1, 2], [0, 2, 1, 3]),
      (0, [0, 3], [3, 1], []),
      (0, [1 << 32, 1 << 32, 0], [1, 1, 1], []),
      (99, [3, 0], [1 << 62, 1 << 62], []),
    ])
  func layouts(offset: Int, shape: [Int], strides: [Int], values: [Float]) throws {
    let pickle = Pickle.tensor(count: 6, offset: offset, shape: shape, strides: strides)
    for weight in try read(pickle, count: 6) {
      #expect(weight.shape == shape)
      #expect(try weight.floats() == values)
    }
  }

  @Test(
    "keeps the type of every storage, also of one saved on a GPU",
    arguments: [
      ("DoubleStorage", ElementType.float64), ("FloatStorage", .float32),
      ("HalfStorage", .float16), ("BFloat16Storage", .bfloat16), ("LongStorage", .int64),
      ("IntStorage", .int32), ("ShortStorage", .int16), ("CharStorage", .int8),
      ("ByteStorage", .uint8), ("BoolStorage", .bool),
    ])
  func elementTypes(name: String, type: ElementType) throws {
    for module in ["torch", "torch.cuda"] {
      let storage = Pickle.storage(Pickle.global(module, name), count: 2)
      let tensor = Pickle.tensor(
        storage, shape: Pickle.integers([2]), strides: Pickle.integers([1]))
      let bytes = (0..<UInt8(2 * type.byteCount)).map { $0 }
      let weights = try open(zipArchive(Pickle.dictionary(["w": tensor]), storages: [("0", bytes)]))
      let weight = try #require(weights["w"])
      #expect(weight.elementType == type)
      #expect(weight.withBytes { Array($0) } == bytes)
    }
  }

  @Test("finds the state dict beside other things and removes the prefix all names have")
  func wrappers() throws {
    let tensor = Pickle.tensor(count: 1, shape: [1], strides: [1])
    let dictionary =
      Pickle.orderedDictionary + [0x28] + Pickle.text("module.a") + tensor
      + Pickle.text("module.b.c") + tensor + Pickle.text("module.steps") + Pickle.integer(3) + [
        0x75
      ]
    // The versions of the layers, as PyTorch attaches them.
    let stateDict = dictionary + Pickle.dictionary(["_metadata": Pickle.orderedDictionary]) + [0x62]
    for key in ["model", "state_dict", "model_state_dict"] {
      let root = Pickle.dictionary([
        "epoch": Pickle.integer(7), "loss": tensor,
        "optimizer": Pickle.dictionary(["state": Pickle.list([tensor])]), key: stateDict,
      ])
      let weights = try open(zipArchive(root, storages: [("0", counting(1))]))
      #expect(Set(weights.keys) == ["a", "b.c"])
    }
  }

  @Test("keeps the prefix where not all names have it")
  func keepsPrefix() throws {
    let tensor = Pickle.tensor(count: 1, shape: [1], strides: [1])
    let root = Pickle.dictionary(["module.a": tensor, "a": tensor])
    let weights = try open(zipArchive(root, storages: [("0", counting(1))]))
    #expect(Set(weights.keys) == ["module.a", "a"])
  }

  @Test("reads parameters, sizes and the operations of newer protocols")
  func otherOperations() throws {
    let shape = Pickle.global("torch", "Size") + Pickle.integers([2]) + [0x85] + Pickle.reduce
    let global: [UInt8] =
      [0x8C, 12] + Array("torch._utils".utf8) + [0x8D] + littleEndian(18)
      + Array("_rebuild_parameter".utf8) + [0x93]
    let tensor = Pickle.tensor(
      Pickle.storage(count: 2), shape: shape, strides: Pickle.integers([1]))
    let parameter = Pickle.tuple([tensor, [0x88], Pickle.orderedDictionary]) + Pickle.reduce
    let memorised: [UInt8] = [0x94, 0x6A, 0, 0, 0, 0, 0x71, 5, 0x68, 5, 0x72, 9, 0, 0, 0]
    let rest = Pickle.tuple([
      Pickle.none, [0x47, 0, 0, 0, 0, 0, 0, 0, 0], [0x43, 1, 0xFF], [0x42, 1, 0, 0, 0, 0xFF],
      [0x8A, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1], [0x8A, 0], [0x4A, 0xFF, 0xFF, 0xFF, 0xFF],
      [0x55, 1, 0x61], [0x54, 1, 0, 0, 0, 0x61], Pickle.none + memorised,
    ])
    let root: [UInt8] =
      [0x95] + littleEndian(0) + Pickle.emptyDictionary + [0x28] + Pickle.text("rest") + rest
      + Pickle.text("w") + global + parameter + [0x75]
    let weights = try open(zipArchive(root, storages: [("0", counting(2))]))
    #expect(try weights["w"]?.floats() == [0, 1])
  }

  @Test("reads legacy files written with protocol 4, whose magic number stands in a frame")
  func framedLegacy() throws {
    let root = Pickle.dictionary(["w": Pickle.tensor(count: 1, shape: [1], strides: [1])])
    let bytes = legacyFile(root, storages: [("0", 1, counting(1))])
    let framed = [0x80, 4, 0x95] + littleEndian(14) + bytes.dropFirst(2)
    #expect(try open(framed)["w"]?.floats() == [0])
  }

  @Test("says what it wants of a file of another format")
  func unknownFormat() throws {
    let others: [[UInt8]] = [
      [], Array("{}".utf8), Array("version https://git-lfs".utf8), Pickle.file(Pickle.none),
      [0x80], Array("PK\u{5}\u{6}".utf8), [UInt8](repeating: 0xFF, count: 4096),
    ]
    for bytes in others {
      #expect { try open(bytes) } throws: { error in
        "\(error)".hasSuffix("is neither a safetensors file nor a PyTorch checkpoint")
          && (error as? CheckpointError)?.code == .unsupported
      }
    }
    let path = try folder.file("other", safetensors("{}"))
    #expect(throws: CheckpointError.self) { try TorchArchive(path: path) }
  }
}
