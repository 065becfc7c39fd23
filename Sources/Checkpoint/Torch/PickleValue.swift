/// What a pickle describes, as far as tensors need it.
///
/// Containers and tensors are indices into the `PickleDocument`. So no value holds another one, and
/// neither deep nesting nor a list that contains itself costs stack or leaks memory.
enum PickleValue {
  case integer(Int)
  case text(String)
  case tuple(Int)
  case list(Int)
  case dictionary(Int)
  case global(TorchGlobal)
  case storage(StorageReference)
  case tensor(Int)
  /// Anything of no use here: None, numbers that are no `Int`, bytes.
  case opaque
}

/// The items of a tuple or a list, or a dictionary's keys and values by turns.
struct PickleContainer {
  var items: [PickleValue]
  /// Levels of containers, this one included.
  var depth: Int
}

/// A whole pickle.
struct PickleDocument {
  var root = PickleValue.opaque
  var containers: [PickleContainer] = []
  var tensors: [TensorReference] = []
  var storages: [String: StorageReference] = [:]

  /// The items of `value` if it is a tuple.
  func tuple(_ value: PickleValue) -> [PickleValue]? {
    if case .tuple(let index) = value { containers[index].items } else { nil }
  }

  /// The items of `value` if it is a list.
  func list(_ value: PickleValue) -> [PickleValue]? {
    if case .list(let index) = value { containers[index].items } else { nil }
  }

  /// The items of `value` if it is a tuple of non-negative integers.
  func integers(_ value: PickleValue) -> [Int]? {
    guard let items = tuple(value) else { return nil }
    let integers = items.compactMap { item in
      if case .integer(let integer) = item, integer >= 0 { integer } else { nil }
    }
    return integers.count == items.count ? integers : nil
  }

  /// The entries of `value` that have a text as key, if it is a dictionary. The last one of a key
  /// counts.
  func dictionary(_ value: PickleValue) -> [String: PickleValue]? {
    guard case .dictionary(let index) = value else { return nil }
    let items = containers[index].items
    var entries: [String: PickleValue] = [:]
    for key in stride(from: 0, to: items.count, by: 2) {
      if case .text(let name) = items[key] { entries[name] = items[key + 1] }
    }
    return entries
  }
}

/// Values that lie together in a file: what a PyTorch storage is.
struct StorageReference: Equatable {
  let key: String
  let elementType: ElementType
  /// Number of elements, as claimed by the pickle.
  let count: Int
}

/// A tensor: a view of a storage, in elements. Nothing but the signs has been checked.
struct TensorReference {
  let storage: StorageReference
  let offset: Int
  let shape: [Int]
  let strides: [Int]
}

/// The names from Python modules that a pickle may use. Each is only a word here: no code stands
/// behind it.
enum TorchGlobal: Equatable {
  case orderedDictionary
  case size
  case rebuildTensor
  case rebuildParameter
  case storage(ElementType)

  init?(module: String, name: String) {
    switch (module, name) {
    case ("collections", "OrderedDict"): self = .orderedDictionary
    case ("torch", "Size"): self = .size
    case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
    case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
    case ("torch", _), ("torch.cuda", _):
      // Where a tensor was when it was saved makes no difference to how it was saved.
      guard let type = Self.storages[name] else { return nil }
      self = .storage(type)
    default: return nil
    }
  }

  private static let storages: [String: ElementType] = [
    "DoubleStorage": .float64, "FloatStorage": .float32, "HalfStorage": .float16,
    "BFloat16Storage": .bfloat16, "LongStorage": .int64, "IntStorage": .int32,
    "ShortStorage": .int16, "CharStorage": .int8, "ByteStorage": .uint8, "BoolStorage": .bool,
  ]
}
