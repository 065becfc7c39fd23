extension Unpickler {
  /// The global of that name, if it is one that tensors need.
  func global(module: String, name: String) throws(CheckpointError) -> PickleValue {
    guard let global = TorchGlobal(module: module, name: name) else {
      throw CheckpointError(
        .unsupported, file,
        "refused: the pickle asks for \(quoted("\(module).\(name)")), which weights do not need")
    }
    return .global(global)
  }

  /// The storage that a persistent ID stands for: `("storage", type, key, location, count)`, in
  /// legacy files followed by a view, which PyTorch has not written since 0.4.
  mutating func storage(_ identifier: PickleValue) throws(CheckpointError) -> PickleValue {
    guard let items = document.tuple(identifier), (5...6).contains(items.count),
      case .text("storage") = items[0], case .global(.storage(let elementType)) = items[1],
      case .text(let key) = items[2], case .integer(let count) = items[4], count >= 0
    else { throw malformed("refers to something that is no storage of a known type") }
    if items.count == 6 {
      guard case .opaque = items[5] else { throw malformed("has a view of a storage") }
    }
    let storage = StorageReference(key: key, elementType: elementType, count: count)
    guard document.storages.updateValue(storage, forKey: key) ?? storage == storage else {
      throw malformed("describes the storage \(quoted(key)) in two ways")
    }
    return .storage(storage)
  }

  /// What calling `function` gives.
  mutating func result(
    of function: PickleValue, _ arguments: PickleValue
  ) throws(CheckpointError) -> PickleValue {
    guard case .global(let global) = function, let arguments = document.tuple(arguments) else {
      throw malformed("calls what is no function")
    }
    switch global {
    case .orderedDictionary where arguments.isEmpty: return try newDictionary()
    case .size where arguments.count == 1 && document.tuple(arguments[0]) != nil:
      return arguments[0]
    case .rebuildTensor: return .tensor(try newTensor(arguments))
    case .rebuildParameter:
      // (tensor, requires_grad, hooks)
      guard arguments.count == 3, case .tensor = arguments[0] else { break }
      return arguments[0]
    default: break
    }
    throw malformed("calls a function with arguments that do not fit")
  }

  /// Arguments: storage, offset, shape, strides, and what only training needs.
  private mutating func newTensor(_ arguments: [PickleValue]) throws(CheckpointError) -> Int {
    guard (6...7).contains(arguments.count), case .storage(let storage) = arguments[0],
      case .integer(let offset) = arguments[1], offset >= 0,
      let shape = document.integers(arguments[2]), let strides = document.integers(arguments[3]),
      shape.count == strides.count
    else { throw malformed("has a tensor whose storage, offset, shape or strides are not valid") }
    document.tensors.append(
      TensorReference(storage: storage, offset: offset, shape: shape, strides: strides))
    return document.tensors.count - 1
  }
}
