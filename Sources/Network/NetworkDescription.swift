public import Checkpoint
import Foundation

/// A network of the catalogue: its name, where its weights come from, and how to build it.
public struct NetworkDescription: Sendable {
  /// Where a network's weights come from.
  public enum WeightsOrigin: Sendable {
    /// The safetensors resource of this name.
    case bundled(String)
    /// A file that the user has to bring; the text says which.
    case external(String)
  }

  /// Name by which users choose it.
  public let name: String
  /// What it is, in a few words.
  public let summary: String
  /// Where its weights come from.
  public let weightsOrigin: WeightsOrigin
  /// The short edge in pixels of the frames it was made for, before padding.
  public let shortEdge: Int
  let normalisation: Normalisation
  private let build: @Sendable (WeightScope) -> any Network

  init(
    name: String, summary: String, weightsOrigin: WeightsOrigin, shortEdge: Int,
    normalisation: Normalisation, build: @escaping @Sendable (WeightScope) -> any Network
  ) {
    self.name = name
    self.summary = summary
    self.weightsOrigin = weightsOrigin
    self.shortEdge = shortEdge
    self.normalisation = normalisation
    self.build = build
  }

  /// Builds the network with the weights that come with this library.
  ///
  /// - Throws: `.noWeights` when none do.
  public func loadBundled() throws(NetworkError) -> SegmentationNetwork {
    let path = try bundledWeightsPath()
    let file: Safetensors
    do { file = try Safetensors(path: path) } catch { throw NetworkError(error) }
    return try load(from: WeightScope(file))
  }

  /// Where the weights that come with this library are.
  ///
  /// - Throws: `.noWeights` when none do.
  public func bundledWeightsPath() throws(NetworkError) -> String {
    switch weightsOrigin {
    case .external(let origin):
      throw NetworkError(.noWeights, "\(name) needs a weights file: \(origin)")
    case .bundled(let resource):
      guard let path = Bundle.module.path(forResource: resource, ofType: "safetensors") else {
        throw NetworkError(.noWeights, "\(name): its weights are missing from \(Bundle.module)")
      }
      return path
    }
  }

  /// Builds the network with weights from the root of a checkpoint.
  ///
  /// - Throws: `.weights` unless every name and shape fits.
  public func load(from root: WeightScope) throws(NetworkError) -> SegmentationNetwork {
    let network = build(root)
    do { try root.checkMatch() } catch { throw NetworkError(error) }
    return SegmentationNetwork(description: self, network: network)
  }

  /// The shape of every weight it takes, by its name in a checkpoint.
  public var weightShapes: [String: [Int]] {
    let root = WeightScope.shapesOnly()
    _ = build(root)
    return root.requestedShapes
  }

  /// What running the network on one clip takes; needs no weights.
  ///
  /// - Throws: `.clipShape` when the network cannot take such clips.
  public func cost(of clip: ClipShape) throws(NetworkError) -> NetworkCost {
    let network = SegmentationNetwork(description: self, network: build(.shapesOnly()))
    return try network.lowering(of: clip).cost
  }
}

/// What running a network on one clip takes.
public struct NetworkCost: Hashable, Sendable {
  /// Learned values the network uses; heads that only training uses are left out.
  public let parameters: Int
  /// Multiplications of the convolutions on one clip, each with its addition.
  public let multiplyAccumulates: Int
  /// Activations that are needed at the same time, at most; what an engine holds besides the weights.
  public let peakActivations: Int
}

/// The networks there are. Adding one takes a file that describes it and a line here.
public enum Catalogue {
  /// Every network, smallest first.
  public static let all: [NetworkDescription] = [
    .lite, .threeDCSegR50, .threeDCSegR101, .threeDCSegR152,
  ]

  /// The network called `name`.
  ///
  /// - Throws: `.unknownNetwork`, with the names there are.
  public static func network(named name: String) throws(NetworkError) -> NetworkDescription {
    guard let network = all.first(where: { $0.name == name }) else {
      let names = all.map(\.name).joined(separator: ", ")
      throw NetworkError(.unknownNetwork, "there is no network \"\(name)\"; there are: \(names)")
    }
    return network
  }
}
