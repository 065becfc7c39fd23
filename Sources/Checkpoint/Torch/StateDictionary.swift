/// Finds the weights in what a PyTorch checkpoint holds.
enum StateDictionary {
  /// Names under which training programs put the state dict beside other things.
  private static let wrappers = ["model", "state_dict", "model_state_dict"]
  /// The most wrappers around each other.
  private static let maximumWrappers = 4
  /// What DataParallel puts in front of every name.
  private static let parallelPrefix = "module."

  /// The tensors of the state dict in `document` by name, or `nil` if there is none: a dictionary,
  /// as it is or as the entry `model` or `state_dict` of another. A prefix `module.` that all names
  /// have is removed. Entries that are no tensors, such as counters, are left out.
  static func tensors(in document: PickleDocument) -> [String: TensorReference]? {
    guard var entries = document.dictionary(document.root) else { return nil }
    for _ in 0..<maximumWrappers {
      let inner = wrappers.lazy.compactMap { entries[$0].flatMap(document.dictionary) }.first
      guard let inner else { break }
      entries = inner
    }
    let tensors = entries.compactMapValues { value in
      if case .tensor(let index) = value { document.tensors[index] } else { nil }
    }
    if tensors.isEmpty { return nil }
    guard tensors.keys.allSatisfy({ $0.hasPrefix(parallelPrefix) }) else { return tensors }
    return Dictionary(
      uniqueKeysWithValues: tensors.map { name, tensor in
        (String(name.dropFirst(parallelPrefix.count)), tensor)
      })
  }
}
