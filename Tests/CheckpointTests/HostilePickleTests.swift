import Checkpoint
import Testing

struct HostilePickleTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Opens a file of the given bytes, expecting a one-line error that contains `reason`.
  private func expectRefusal(_ bytes: [UInt8], _ reason: String) throws {
    let path = try folder.file("bad", bytes)
    #expect { try WeightsFile(path: path) } throws: { error in
      let text = "\(error)"
      #expect(text.hasPrefix("\(path): "))
      #expect(text.contains(reason), "\(text)")
      #expect(!text.contains("\n") && text.utf8.count < path.utf8.count + 300)
      return error is CheckpointError
    }
  }

  @Test(
    "executes nothing and names what it was asked for",
    arguments: [
      ("os", "system"), ("posix", "system"), ("nt", "system"), ("builtins", "eval"),
      ("__builtin__", "eval"), ("builtins", "getattr"), ("subprocess", "Popen"),
      ("torch", "load"), ("torch.hub", "load"), ("torch.serialization", "load"),
      ("torch.storage", "_load_from_bytes"), ("torch.os", "system"), ("torch", "os.system"),
      ("torch", "ComplexFloatStorage"), ("collections", "OrderedDict.fromkeys"), ("", ""),
    ])
  func refusesGlobals(module: String, name: String) throws {
    let arguments = [Pickle.text("touch harm")]
    let onStack = Pickle.text(module) + Pickle.text(name) + [0x93]
    for global in [Pickle.global(module, name), onStack] {
      let call = Pickle.call(global, arguments)
      for root in [call, Pickle.dictionary(["model": call]), Pickle.list([call])] {
        try expectRefusal(zipArchive(root), "\"\(module).\(name)\", which weights do not need")
        try expectRefusal(legacyFile(root), "\"\(module).\(name)\", which weights do not need")
      }
    }
    // Pickles before and after the one with the weights are no way in either.
    let call = Pickle.file(Pickle.call(Pickle.global(module, name), arguments))
    let magic = legacyFile(Pickle.none).prefix(15)
    try expectRefusal(magic + call, "which weights do not need")
  }

  @Test("a name made to confuse is told in one line")
  func confusingName() throws {
    let long = String(repeating: "x\n", count: 50_000)
    let global = Pickle.text("os\r\n") + Pickle.text(long) + [0x93]
    try expectRefusal(zipArchive(global), #""os\r\n.x\nx\n"#)
  }

  @Test("refuses machine code that is not valid", arguments: hostileOperations)
  func refusesOperations(operations: [UInt8], reason: String) throws {
    let archive = zipFile([ZipItem("a/data.pkl", [0x80, 2] + operations)])
    try expectRefusal(archive, reason)
    let magic = legacyFile(Pickle.none).prefix(15)
    try expectRefusal(magic + [0x80, 2] + operations, reason)
  }

  @Test("refuses tensors that their storages do not hold", arguments: hostileTensors)
  func refusesTensors(tensor: [UInt8], reason: String) throws {
    let root = Pickle.dictionary(["weight": tensor])
    try expectRefusal(zipArchive(root, storages: [("0", counting(6))]), reason)
    try expectRefusal(legacyFile(root, storages: [("0", 6, counting(6))]), reason)
  }

  @Test("refuses storages that are not as the pickle says")
  func refusesStorages() throws {
    func root(count: Int) -> [UInt8] {
      Pickle.dictionary(["w": Pickle.tensor(count: count, shape: [1], strides: [1])])
    }
    for count in [5, 7, 1 << 60, Int.max] {
      try expectRefusal(zipArchive(root(count: count), storages: [("0", counting(6))]), "size")
      for claimed in [6, count] {
        let file = legacyFile(root(count: count), storages: [("0", claimed, counting(6))])
        if claimed == 5 { continue }  // A smaller storage is as good, and bytes may follow.
        try expectRefusal(file, "size")
      }
    }
    let six = root(count: 6)
    try expectRefusal(zipArchive(six, storages: [("0", counting(6) + [0])]), "size")
    try expectRefusal(zipArchive(six, storages: [("1", counting(6))]), "\"0\" is missing")
    try expectRefusal(legacyFile(six), "\"0\" is missing")
    try expectRefusal(legacyFile(six, storages: [("1", 6, counting(6))]), "nothing uses")
    try expectRefusal(
      legacyFile(six, storages: [("0", 6, counting(6)), ("0", 6, counting(6))]), "twice")
    try expectRefusal(legacyFile(six, storages: [("0", -1, counting(6))]), "size")
    let two = Pickle.dictionary([
      "a": Pickle.tensor(count: 6, shape: [1], strides: [1]),
      "b": Pickle.tensor(count: 5, shape: [1], strides: [1]),
    ])
    try expectRefusal(zipArchive(two, storages: [("0", counting(6))]), "in two ways")
  }

  @Test("refuses what holds no weights")
  func refusesOthers() throws {
    let tensor = Pickle.tensor(count: 1, shape: [1], strides: [1])
    // A dictionary that is its own model.
    let cycle: [UInt8] = [0x7D, 0x71, 0] + Pickle.text("model") + [0x68, 0, 0x73]
    let roots = [
      tensor, Pickle.none, Pickle.list([tensor]), Pickle.emptyDictionary, cycle,
      Pickle.dictionary(["epoch": Pickle.integer(1)]),
      Pickle.dictionary(["model": Pickle.emptyDictionary]),
    ]
    for root in roots {
      try expectRefusal(zipArchive(root, storages: [("0", counting(1))]), "no state dict")
    }
  }

  @Test("survives every single-byte change and every truncation of valid files")
  func survivesDamage() throws {
    let root = Pickle.dictionary([
      "module.a": Pickle.tensor(count: 6, shape: [2, 3], strides: [1, 2]),
      "module.b": Pickle.tensor(count: 6, offset: 2, shape: [4], strides: [1]),
    ])
    let valid = [
      zipArchive(root, storages: [("0", counting(6))]),
      legacyFile(root, storages: [("0", 6, counting(6))]),
    ]
    var refused = 0
    var tried = 0
    func open(_ bytes: [UInt8]) throws {
      let path = try folder.file("damaged", bytes)
      tried += 1
      do throws(CheckpointError) {
        let file = try WeightsFile(path: path)
        for weight in file.weights.values {
          #expect(weight.withBytes { $0.count } == weight.count * weight.elementType.byteCount)
        }
      } catch {
        refused += 1
        #expect(!error.description.contains("\n"))
      }
    }
    for file in valid {
      for position in file.indices {
        for byte: UInt8 in [0x28, 0xFF] where file[position] != byte {
          var bytes = file
          bytes[position] = byte
          try open(bytes)
        }
      }
      for count in file.indices { try open(Array(file[..<count])) }
    }
    #expect(refused > tried / 2 && refused < tried)
  }
}

/// Operations of a pickle's machine, and what the message must say.
private let hostileOperations: [([UInt8], String)] = {
  func repeated(_ operations: [UInt8], _ count: Int) -> [UInt8] {
    Array(repeatElement(operations, count: count).joined())
  }
  let deep = "nests containers more than 64 deep"
  // Tuples in tuples, lists in lists, and a list put into itself again and again.
  let nestedTuples = Pickle.none + repeated([0x85], 1000) + [0x2E]
  let nestedLists = repeated([0x5D], 1000) + repeated([0x61], 1000)
  let markedTuples = repeated([0x28], 1000) + repeated([0x74], 1000) + [0x2E]
  let selfContaining = [0x5D, 0x71, 0] + repeated([0x68, 0, 0x61], 1000)
  return [
    (nestedTuples, deep), (nestedLists, deep), (markedTuples, deep), (selfContaining, deep),
    (repeated([0x4E], 2_000_001), "more than 2000000 values"),
    (repeated([0x28], 2_000_001), "more than 2000000 values"),
    (repeated([0x4E, 0x94], 1_000_001), "more than 2000000 values"),
    // Operations that do not exist or that nothing needs.
    ([0x00], "unknown operation 0x0"), ([0x69], "unknown operation 0x69"),
    ([0x81], "unknown operation 0x81"), ([0xFF], "unknown operation 0xff"),
    // The stack, marks and the memo.
    ([0x2E], "empty stack"), ([0x85], "empty stack"), ([0x4E, 0x86], "empty stack"),
    ([0x52], "empty stack"), ([0x51], "empty stack"), ([0x93], "empty stack"),
    ([0x71, 0], "empty stack"), ([0x94], "empty stack"), ([0x61], "empty stack"),
    ([0x4E, 0x28, 0x85], "empty stack"), ([0x4E, 0x28, 0x2E], "empty stack"),
    ([0x74], "mark"), ([0x75], "mark"), ([0x65], "mark"), ([0x68, 7], "memorised"),
    ([0x6A, 0xFF, 0xFF, 0xFF, 0xFF], "memorised"),
    // Containers that are none.
    ([0x4E, 0x4E, 0x61], "no list"), ([0x7D, 0x28, 0x4E, 0x65], "no list"),
    ([0x28, 0x28, 0x65], "no list"), ([0x5D, 0x4E, 0x4E, 0x73], "no dictionary"),
    ([0x7D, 0x28, 0x4E, 0x75], "no dictionary"), ([0x4E, 0x4E, 0x62], "attributes"),
    ([0x4E, 0x62], "attributes"),
    // Things that are cut off, or claim to be larger than the file.
    ([], "cut off"), ([0x4A, 0, 0], "cut off"), ([0x8A], "cut off"), ([0x8A, 0xFF, 0], "cut off"),
    ([0x58, 0xFF, 0xFF, 0xFF, 0xFF, 0x61], "cut off"), ([0x42, 0xFF, 0xFF, 0xFF, 0x7F], "cut off"),
    ([0x8D] + [UInt8](repeating: 0xFF, count: 8), "cut off"), ([0x8C, 2, 0x61], "cut off"),
    ([0x8D, 0, 0, 0, 0, 0, 0, 0, 0x80], "cut off"), ([0x47, 0], "cut off"),
    ([0x63], "does not end"), ([0x63] + Array("os\nsystem".utf8), "does not end"),
    ([0x63] + repeated([0x61], 100_000) + Array("\n\n".utf8), "does not end"),
    // Text that is none, and calls of what is no function.
    ([0x58, 1, 0, 0, 0, 0xFF], "not UTF-8"), ([0x58, 2, 0, 0, 0, 0xC0, 0x80], "not UTF-8"),
    ([0x63, 0xFF, 0x0A], "not UTF-8"), ([0x4E, 0x4E, 0x93], "no text"),
    ([0x4E, 0x29, 0x52], "no function"),
    (Pickle.global("torch", "Size") + [0x4E, 0x52], "no function"),
    (Pickle.global("torch", "Size") + [0x29, 0x52], "arguments"),
    (Pickle.global("torch", "FloatStorage") + [0x29, 0x52], "arguments"),
    (Pickle.call(Pickle.global("collections", "OrderedDict"), [Pickle.none]), "arguments"),
    (Pickle.call(Pickle.global("torch._utils", "_rebuild_parameter"), [Pickle.none]), "arguments"),
    // References to other things than storages.
    ([0x4E, 0x51], "no storage"), (Pickle.tuple([Pickle.text("module")]) + [0x51], "no storage"),
    (Pickle.storage(Pickle.text("FloatStorage"), count: 1), "no storage"),
    (Pickle.storage(count: -1), "no storage"),
    (
      Pickle.tuple([
        Pickle.text("storage"), Pickle.global("torch", "FloatStorage"), Pickle.text("0"),
        Pickle.text("cpu"), Pickle.integer(1), Pickle.emptyTuple,
      ]) + [0x51], "view"
    ),
  ]
}()

/// Tensors of a storage of 6 elements, and what the message must say.
private let hostileTensors: [([UInt8], String)] = {
  func tensor(_ shape: [Int], _ strides: [Int], offset: Int = 0) -> [UInt8] {
    Pickle.tensor(count: 6, offset: offset, shape: shape, strides: strides)
  }
  func other(
    offset: [UInt8] = Pickle.integer(0), shape: [UInt8] = Pickle.integers([1]),
    strides: [UInt8] = Pickle.integers([1])
  ) -> [UInt8] {
    Pickle.tensor(Pickle.storage(count: 6), offset: offset, shape: shape, strides: strides)
  }
  let outside = "\"weight\" has elements outside its storage"
  let invalid = "not valid"
  let ones = [Int](repeating: 1, count: 33)
  return [
    (tensor([7], [1]), outside), (tensor([6], [1], offset: 1), outside),
    (tensor([1], [1], offset: 6), outside), (tensor([1], [1], offset: .max), outside),
    (tensor([], [], offset: 6), outside), (tensor([3], [3]), outside),
    (tensor([2, 3], [4, 1]), outside), (tensor([2], [.max]), outside),
    (tensor([3], [1 << 62]), outside), (tensor([2, 2, 2], [1 << 62, 1 << 62, 1 << 62]), outside),
    (tensor([1 << 60], [1]), outside), (tensor([1 << 60], [0]), outside),
    (tensor([.max], [0]), outside), (tensor([1 << 32, 1 << 32], [0, 0]), outside),
    (tensor([1 << 20], [0]), outside), (tensor(ones, ones), outside),
    (tensor([-1], [1]), invalid), (tensor([1], [-1]), invalid),
    (tensor([2], [-1], offset: 5), invalid), (tensor([1], [1], offset: -1), invalid),
    (tensor([1], []), invalid), (tensor([], [1]), invalid),
    (other(offset: Pickle.none), invalid), (other(shape: Pickle.none), invalid),
    (other(shape: Pickle.list([Pickle.integer(1)])), invalid),
    (other(shape: Pickle.tuple([[0x47, 0, 0, 0, 0, 0, 0, 0, 0]])), invalid),
    (other(strides: Pickle.tuple([Pickle.text("1")])), invalid),
    (
      Pickle.tensor(
        Pickle.none, shape: Pickle.integers([1]), strides: Pickle.integers([1])), invalid
    ),
  ]
}()
