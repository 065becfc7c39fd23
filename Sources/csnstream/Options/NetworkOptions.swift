import ArgumentParser
import Checkpoint
import Network

/// Which network, with which weights.
struct NetworkOptions: ParsableArguments {
  /// The name of the network that is used unless another is asked for.
  static let standard = "lite"

  @Option(help: ArgumentHelp("The network; csnstream models lists them.", valueName: "name"))
  var model = Self.standard

  @Option(help: ArgumentHelp("Its weights; lite has its own.", valueName: "file"))
  var weights: String?

  /// The network's entry in the catalogue.
  var description: NetworkDescription {
    get throws(NetworkError) { try Catalogue.network(named: model) }
  }

  /// The network with its weights.
  func load() throws -> SegmentationNetwork {
    let description = try description
    guard let weights else { return try description.loadBundled() }
    return try description.load(from: WeightScope(WeightsFile(path: weights)))
  }
}
