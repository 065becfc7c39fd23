import ArgumentParser
import Media
import Network
import Segmentation

/// `csnstream models`: the catalogue.
struct Models: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the networks: parameters, work per clip, where their weights come from.")

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    try Failure.reporting {
      let entries = try Catalogue.all.map(Entry.init)
      if json { return try JSONOutput.print(entries) }
      let table = TextTable(["network": 12, "parameters": 0, "GMAC per clip": 36])
      try StandardOutput.print(table.header + "  weights")
      for entry in entries {
        let costs = entry.clips.map { "\($0.clip): \(Quantity.billions($0.multiplyAccumulates))" }
        let cells = [
          entry.name, Quantity.millions(entry.parameters), costs.joined(separator: ", "),
        ]
        try StandardOutput.print(table.row(cells) + "  " + entry.weights)
      }
    }
  }

  /// A network, as JSON shows it.
  private struct Entry: Encodable {
    struct Clip: Encodable {
      let clip: String
      let multiplyAccumulates: Int
    }

    let name: String
    let summary: String
    let parameters: Int
    let weights: String
    let clips: [Clip]

    /// Counts for the clip of the paper's table, and for the one that a 16:9 video makes.
    init(_ network: NetworkDescription) throws {
      let canvas = InputGeometry(
        displaySize: PixelSize(width: 1920, height: 1080), shortEdge: network.shortEdge
      ).canvasSize
      let shapes = [
        ClipShape(frames: 8, height: 128, width: 224),
        ClipShape(
          frames: ClipSettings().clipLength, height: canvas.height, width: canvas.width),
      ]
      let costs = try shapes.map { try network.cost(of: $0) }
      name = network.name
      summary = network.summary
      parameters = costs[0].parameters
      weights =
        switch network.weightsOrigin {
        case .bundled: "come with the program"
        case .external(let origin): origin
        }
      clips = zip(shapes, costs).map {
        Clip(clip: $0.description, multiplyAccumulates: $1.multiplyAccumulates)
      }
    }
  }
}
