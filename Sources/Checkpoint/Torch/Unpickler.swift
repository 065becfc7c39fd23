/// Reads a pickle into plain values. Executes nothing: a pickle may only use the few names of
/// `TorchGlobal`, whose meaning is built in.
///
/// Format: Lib/pickletools.py of CPython. The machine has a stack of values, marks on it, and a memo
/// of values to be used again.
struct Unpickler {
  /// The longest pickle, in bytes: some 50 000 tensors.
  static let maximumLength = 16 << 20
  /// The most values a pickle may push, marks and memo entries included.
  static let maximumValues = 2_000_000
  /// The most levels of containers in containers.
  static let maximumDepth = 64
  private static let maximumNameLength = 200

  var document = PickleDocument()
  let file: String
  private var cursor: ByteCursor
  private var stack: [PickleValue] = []
  /// For each open mark, the number of values below it.
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  private var valueCount = 0

  /// Reads the pickle that starts at `cursor` and moves the cursor behind it.
  static func read(
    _ cursor: inout ByteCursor, file: String
  ) throws(CheckpointError) -> PickleDocument {
    var rest = cursor
    let window = rest.bytes[rest.position...].prefix(maximumLength)
    var unpickler = Unpickler(ByteCursor(UnsafeRawBufferPointer(rebasing: window)), file: file)
    try unpickler.run()
    _ = rest.take(unpickler.cursor.position)
    cursor = rest
    return unpickler.document
  }

  private init(_ cursor: ByteCursor, file: String) {
    self.cursor = cursor
    self.file = file
  }

  private mutating func run() throws(CheckpointError) {
    while true {
      let byte = try integer(UInt8.self)
      guard let opcode = PickleOpcode(rawValue: byte) else {
        throw malformed("has the unknown operation 0x\(String(byte, radix: 16))")
      }
      if opcode == .stop { break }
      try execute(opcode)
    }
    document.root = try pop()
  }

  private mutating func execute(_ opcode: PickleOpcode) throws(CheckpointError) {
    switch opcode {
    case .proto: _ = try integer(UInt8.self)
    case .frame: _ = try integer(UInt64.self)
    case .stop: break

    case .none: try push(.opaque)
    case .newTrue: try push(.integer(1))
    case .newFalse: try push(.integer(0))
    case .binInt: try push(.integer(Int(integer(Int32.self))))
    case .binInt1: try push(.integer(Int(integer(UInt8.self))))
    case .binInt2: try push(.integer(Int(integer(UInt16.self))))
    case .long1: try push(longInteger())
    case .binFloat: try pushOpaque(8)
    case .binBytes: try pushOpaque(Int(integer(UInt32.self)))
    case .shortBinBytes: try pushOpaque(Int(integer(UInt8.self)))
    case .binString: try pushText(Int(integer(UInt32.self)))
    case .shortBinString: try pushText(Int(integer(UInt8.self)))
    case .shortBinUnicode: try pushText(Int(integer(UInt8.self)))
    case .binUnicode: try pushText(Int(integer(UInt32.self)))
    case .binUnicode8: try pushText(Int(clamping: integer(UInt64.self)))

    case .mark:
      try countValue()
      marks.append(stack.count)
    case .emptyTuple: try pushTuple([])
    case .tuple: try pushTuple(popToMark())
    case .tuple1: try pushTuple(pop(count: 1))
    case .tuple2: try pushTuple(pop(count: 2))
    case .tuple3: try pushTuple(pop(count: 3))
    case .emptyList: try push(.list(newContainer([])))
    case .append: try append(pop(count: 1))
    case .appends: try append(popToMark())
    case .emptyDict: try push(.dictionary(newContainer([])))
    case .setItem: try setItems(pop(count: 2))
    case .setItems: try setItems(popToMark())

    case .binGet: try push(memoized(Int(integer(UInt8.self))))
    case .longBinGet: try push(memoized(Int(integer(UInt32.self))))
    case .binPut: try memoize(Int(integer(UInt8.self)))
    case .longBinPut: try memoize(Int(integer(UInt32.self)))
    case .memoize: try memoize(memo.count)

    case .global: try push(global(module: name(), name: name()))
    case .stackGlobal:
      let names = try pop(count: 2)
      guard case .text(let module) = names[0], case .text(let name) = names[1] else {
        throw malformed("has a global whose name is no text")
      }
      try push(global(module: module, name: name))
    case .binPersID: try push(storage(pop()))
    case .reduce:
      let arguments = try pop()
      try push(result(of: pop(), arguments))
    case .build:
      // A state dict carries the versions of its layers as an attribute, which is of no use here.
      _ = try pop()
      guard case .dictionary = stack.last else {
        throw malformed("gives attributes to something that has none")
      }
    }
  }
}

// MARK: - The stack, the marks and the memo

extension Unpickler {
  private mutating func countValue() throws(CheckpointError) {
    valueCount += 1
    guard valueCount <= Self.maximumValues else {
      throw malformed("has more than \(Self.maximumValues) values")
    }
  }

  private mutating func push(_ value: PickleValue) throws(CheckpointError) {
    try countValue()
    stack.append(value)
  }

  private mutating func pop() throws(CheckpointError) -> PickleValue {
    try pop(count: 1)[0]
  }

  private mutating func pop(count: Int) throws(CheckpointError) -> [PickleValue] {
    guard stack.count - count >= marks.last ?? 0 else {
      throw malformed("takes from an empty stack")
    }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popToMark() throws(CheckpointError) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw malformed("uses a mark that is not there") }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  private mutating func memoize(_ index: Int) throws(CheckpointError) {
    try countValue()
    guard let value = stack.last else { throw malformed("takes from an empty stack") }
    memo[index] = value
  }

  private func memoized(_ index: Int) throws(CheckpointError) -> PickleValue {
    guard let value = memo[index] else { throw malformed("uses what it has not memorised") }
    return value
  }
}

// MARK: - Containers

extension Unpickler {
  /// A new empty dictionary.
  mutating func newDictionary() throws(CheckpointError) -> PickleValue {
    .dictionary(try newContainer([]))
  }

  private mutating func newContainer(_ items: [PickleValue]) throws(CheckpointError) -> Int {
    document.containers.append(PickleContainer(items: [], depth: 1))
    try add(items, to: document.containers.count - 1)
    return document.containers.count - 1
  }

  private mutating func pushTuple(_ items: [PickleValue]) throws(CheckpointError) {
    try push(.tuple(newContainer(items)))
  }

  private mutating func append(_ items: [PickleValue]) throws(CheckpointError) {
    guard case .list(let index) = stack.last else { throw malformed("appends to what is no list") }
    try add(items, to: index)
  }

  private mutating func setItems(_ items: [PickleValue]) throws(CheckpointError) {
    guard case .dictionary(let index) = stack.last, items.count.isMultiple(of: 2) else {
      throw malformed("sets items of what is no dictionary")
    }
    try add(items, to: index)
  }

  private mutating func add(_ items: [PickleValue], to index: Int) throws(CheckpointError) {
    let depth = items.reduce(1) { max($0, 1 + document.depth(of: $1)) }
    guard depth <= Self.maximumDepth else {
      throw malformed("nests containers more than \(Self.maximumDepth) deep")
    }
    document.containers[index].depth = max(document.containers[index].depth, depth)
    document.containers[index].items += items
  }
}

extension PickleDocument {
  fileprivate func depth(of value: PickleValue) -> Int {
    switch value {
    case .tuple(let index), .list(let index), .dictionary(let index): containers[index].depth
    default: 0
    }
  }
}

// MARK: - Reading

extension Unpickler {
  func malformed(_ reason: String) -> CheckpointError {
    CheckpointError(.malformed, file, "the pickle \(reason)")
  }

  private var isCut: CheckpointError {
    malformed("is cut off or longer than \(Self.maximumLength >> 20) MiB")
  }

  private mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type
  ) throws(CheckpointError) -> Value {
    guard let value = cursor.integer(type) else { throw isCut }
    return value
  }

  private mutating func take(_ count: Int) throws(CheckpointError) -> UnsafeRawBufferPointer {
    guard let bytes = cursor.take(count) else { throw isCut }
    return bytes
  }

  private mutating func pushOpaque(_ count: Int) throws(CheckpointError) {
    _ = try take(count)
    try push(.opaque)
  }

  private mutating func pushText(_ count: Int) throws(CheckpointError) {
    try push(.text(text(take(count))))
  }

  /// A little-endian two's complement number of any length.
  private mutating func longInteger() throws(CheckpointError) -> PickleValue {
    let bytes = try take(Int(integer(UInt8.self)))
    guard bytes.count <= 8 else { return .opaque }
    var value = bytes.last.map { $0 >= 0x80 ? -1 : 0 } ?? 0
    for byte in bytes.reversed() { value = value << 8 | Int(byte) }
    return .integer(value)
  }

  /// A module's or a global's name: a line.
  private mutating func name() throws(CheckpointError) -> String {
    guard let line = cursor.line(limit: Self.maximumNameLength) else {
      throw malformed("has a global whose name does not end")
    }
    return try text(line)
  }

  private func text(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw malformed("has a text that is not UTF-8")
    }
    return text
  }
}
