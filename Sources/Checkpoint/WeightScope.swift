/// A place in a checkpoint's tree of names, from which a layer takes its weights.
///
/// `scope["layer1"][0]["conv1"]` goes down; `scope.weight("bias", [64])` takes a tensor and states
/// the shape it must have. What does not fit is noted, not thrown, so that one call of
/// `checkMatch()` after the whole network is built can tell everything at once.
public struct WeightScope {
  private let ledger: Ledger
  private let path: String

  /// The root of `weights`; `file` names their origin in messages.
  public init(_ weights: [String: Weight], file: String) {
    ledger = Ledger(available: weights, file: file)
    path = ""
  }

  /// The root of a mapped file.
  public init(_ file: Safetensors) {
    self.init(file.weights, file: file.path)
  }

  /// The root of a mapped file of any format.
  public init(_ file: WeightsFile) {
    self.init(file.weights, file: file.path)
  }

  /// A root that answers every request with a weight that has a shape but no values: enough to count
  /// a network's parameters and operations.
  public static func shapesOnly() -> WeightScope {
    WeightScope(ledger: Ledger(available: nil, file: "shapes only"), path: "")
  }

  private init(ledger: Ledger, path: String) {
    self.ledger = ledger
    self.path = path
  }

  /// The scope below this one called `name`; dots in it go down several steps.
  public subscript(name: String) -> WeightScope {
    WeightScope(ledger: ledger, path: path.isEmpty ? name : "\(path).\(name)")
  }

  /// The scope below this one called by a number.
  public subscript(index: Int) -> WeightScope { self[String(index)] }

  /// The tensor `name` of this scope, expected to have `shape`.
  ///
  /// One that is missing or has another shape is noted for `checkMatch()`, and a weight without
  /// values is returned in its place.
  public func weight(_ name: String, _ shape: [Int]) -> Weight {
    ledger.take(self[name].path, shape)
  }

  /// Says that the file may hold this scope, a tensor or a tree, and the network has no use for it.
  public func leaveUnused() {
    ledger.left.insert(path)
  }

  /// The shapes asked for so far in the whole tree, by full name.
  public var requestedShapes: [String: [Int]] { ledger.requested }

  /// How the names and shapes asked for so far fit the file's.
  public var match: WeightMatch { ledger.match }

  /// Checks that everything asked for was there with the right shape and that everything there was
  /// asked for or left unused on purpose.
  ///
  /// - Throws: `.mismatch` that counts what is missing, unused and of another shape, each with the
  ///   first few names.
  public func checkMatch() throws(CheckpointError) {
    let match = match
    guard !match.isComplete else { return }
    if let available = ledger.available, BackboneNames.matches(available.keys) {
      throw CheckpointError(
        .mismatch, ledger.file,
        "holds a backbone only, from which training starts, and no decoder: take the weights of the "
          + "whole trained network, for 3DC-Seg bmvc_final.pth")
    }
    throw CheckpointError(.mismatch, ledger.file, match.description)
  }
}

/// How a network's weights fit a file's: full names, sorted.
public struct WeightMatch: Equatable, Sendable, CustomStringConvertible {
  /// Asked for by the network and not in the file.
  public var missing: [String]
  /// In the file, and neither asked for by the network nor left unused on purpose.
  public var unused: [String]
  /// Asked for with another shape than the file's, with both shapes.
  public var mismatched: [String]

  /// True when there is no difference.
  public var isComplete: Bool { missing.isEmpty && unused.isEmpty && mismatched.isEmpty }

  /// One line with counts and the first few names of each kind.
  public var description: String {
    let kinds = [
      ("missing", missing), ("of another shape", mismatched), ("unknown to the network", unused),
    ]
    let parts = kinds.compactMap { kind, names in
      names.isEmpty ? nil : "\(names.count) \(kind) (\(Self.first(of: names)))"
    }
    return "the weights do not fit the network: " + parts.joined(separator: ", ")
  }

  private static func first(of names: [String]) -> String {
    let shown = 3
    return names.prefix(shown).joined(separator: ", ") + (names.count > shown ? ", …" : "")
  }
}

/// What the scopes of one tree have asked for.
private final class Ledger {
  /// `nil`: any weight may be asked for, and has no values.
  let available: [String: Weight]?
  let file: String
  var left: Set<String> = []
  private(set) var requested: [String: [Int]] = [:]
  private var missing: Set<String> = []
  private var mismatched: Set<String> = []

  init(available: [String: Weight]?, file: String) {
    self.available = available
    self.file = file
  }

  func take(_ name: String, _ shape: [Int]) -> Weight {
    requested[name] = shape
    let absent = Weight(name: name, shape: shape, elementType: .float32, storage: .absent)
    guard let available else { return absent }
    guard let weight = available[name] else {
      missing.insert(name)
      return absent
    }
    guard weight.shape == shape else {
      mismatched.insert("\(quoted(name)) is \(weight.shape), expected \(shape)")
      return absent
    }
    return weight
  }

  var match: WeightMatch {
    let unused = (available ?? [:]).keys.filter { requested[$0] == nil && !isLeft($0) }
    return WeightMatch(
      missing: missing.map(quoted).sorted(), unused: unused.map(quoted).sorted(),
      mismatched: mismatched.sorted())
  }

  /// Whether `name` or a scope it lies in was left unused on purpose.
  private func isLeft(_ name: String) -> Bool {
    var scope = Substring(name)
    while !left.contains(String(scope)) {
      guard let dot = scope.lastIndex(of: ".") else { return false }
      scope = scope[..<dot]
    }
    return true
  }
}
