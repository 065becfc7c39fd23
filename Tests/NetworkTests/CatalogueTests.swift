import Checkpoint
import Foundation
import Network
import ReferenceData
import Testing

struct CatalogueTests {
  private let lite = NetworkDescription.lite
  private let liteFile = packageRoot.appending(
    path: "Sources/Network/Resources/lite.safetensors"
  ).path

  @Test("finds every network by its name, and names differ")
  func findsByName() throws {
    #expect(Set(Catalogue.all.map(\.name)).count == Catalogue.all.count)
    for network in Catalogue.all {
      #expect(try Catalogue.network(named: network.name).summary == network.summary)
    }
  }

  @Test("an unknown name is an error that lists the names")
  func unknownName() {
    #expect { try Catalogue.network(named: "heavy") } throws: { error in
      let error = error as? NetworkError
      return error?.code == .unknownNetwork
        && error?.description.hasPrefix("there is no network \"heavy\"; there are: lite") == true
    }
  }

  @Test(
    "refuses clips that do not suit the network",
    arguments: [
      ClipShape(frames: 0, height: 32, width: 32), ClipShape(frames: -1, height: 32, width: 32),
      ClipShape(frames: 8, height: 0, width: 32), ClipShape(frames: 8, height: 32, width: -32),
      ClipShape(frames: 8, height: 33, width: 32), ClipShape(frames: 8, height: 32, width: 48),
      ClipShape(frames: .max, height: 32, width: 32),
      ClipShape(frames: 8, height: 32, width: .max - 31),
    ])
  func refusesClip(clip: ClipShape) throws {
    let network = try lite.loadBundled()
    for attempt in [{ _ = try network.lower(clip: clip) }, { _ = try lite.cost(of: clip) }] {
      #expect { try attempt() } throws: { error in
        (error as? NetworkError)?.code == .clipShape && "\(error)".contains("multiples of 32")
      }
    }
  }

  @Test("tells the shape of every weight")
  func weightShapes() throws {
    let stored = try Safetensors(path: liteFile).weights
    for (name, shape) in lite.weightShapes { #expect(stored[name]?.shape == shape) }
    for network in Catalogue.all {
      let root = WeightScope.shapesOnly()
      let weights = network.weightShapes.map { ($0, root.weight($0, $1)) }
      #expect(throws: Never.self) {
        try network.load(
          from: WeightScope(Dictionary(uniqueKeysWithValues: weights), file: "shapes"))
      }
    }
  }

  @Test("the paper's networks take frames of the published size, lite smaller ones")
  func shortEdges() {
    let expected = ["lite": 252, "3dcseg-r50": 480, "3dcseg-r101": 480, "3dcseg-r152": 480]
    #expect(Dictionary(Catalogue.all.map { ($0.name, $0.shortEdge) }) { $1 } == expected)
  }

  @Test("an unknown output is an error that lists the outputs")
  func unknownOutput() throws {
    let network = try lite.loadBundled()
    let clip = ClipShape(frames: 1, height: 32, width: 32)
    #expect { try network.lower(clip: clip, outputs: ["m6"]) } throws: { error in
      (error as? NetworkError)?.code == .unknownOutput
        && "\(error)" == "lite has no output \"m6\"; there are: logits, m2, m3, m4, m5, p2"
    }
  }

  @Test("weights that do not fit are refused by name")
  func refusesOtherWeights() throws {
    var weights = try Safetensors(path: liteFile).weights
    weights["stem.bias"] = nil
    weights["gc.l1.weight"] = Weight(name: "gc.l1.weight", shape: [1], values: [0])
    weights["head.weight"] = Weight(name: "head.weight", shape: [1], values: [0])
    #expect { try lite.load(from: WeightScope(weights, file: "other.safetensors")) } throws: {
      "\($0)" == """
        other.safetensors: the weights do not fit the network: 1 missing ("stem.bias"), \
        1 of another shape ("gc.l1.weight" is [1], expected [64, 320, 1, 7, 1]), \
        1 unknown to the network ("head.weight")
        """
    }
  }

  @Test("weights that are no floating-point numbers are refused")
  func refusesIntegers() throws {
    let header = #"{"stem.bias":{"dtype":"I32","shape":[32],"data_offsets":[0,128]}}"#
    let bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init)
    let url = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).safetensors")
    try Data(bytes + Array(header.utf8) + [UInt8](repeating: 0, count: 128)).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }

    var weights = try Safetensors(path: liteFile).weights
    weights["stem.bias"] = try Safetensors(path: url.path).weights["stem.bias"]
    let network = try lite.load(from: WeightScope(weights, file: "integers.safetensors"))
    #expect {
      try network.lower(clip: ClipShape(frames: 1, height: 32, width: 32))
    } throws: { error in
      guard case .weights(let cause) = (error as? NetworkError)?.code else { return false }
      return cause.code == .unsupported && "\(error)".hasPrefix("stem.bias: ")
    }
  }

  @Test("counts lite's parameters and multiplications without its weights")
  func liteCost() throws {
    let stored = try Safetensors(path: liteFile).weights.values
      .filter { !["p3.", "p4.", "p5."].contains($0.name.prefix(3)) }.map(\.count).reduce(0, +)
    let full = ClipShape(frames: 8, height: 256, width: 448)
    let cost = try lite.cost(of: full)
    #expect(cost.parameters == stored)
    // As counted in PyTorch.
    #expect(cost.multiplyAccumulates == 7_770_642_432)
    let prototype = NetworkDescription.lite(timeStrides: [2, 2])
    #expect(try prototype.cost(of: full).multiplyAccumulates == 5_813_455_872)
    let network = try lite.loadBundled()
    let clip = ClipShape(frames: 3, height: 32, width: 32)
    #expect(try network.lower(clip: clip).cost == lite.cost(of: clip))
  }

  @Test("lowering the same network twice gives the same bytes")
  func isDeterministic() throws {
    let clip = ClipShape(frames: 2, height: 32, width: 32)
    let first = try lite.loadBundled().lower(clip: clip, outputs: ["m2"])
    let second = try lite.loadBundled().lower(clip: clip, outputs: ["m2"])
    #expect(first.onnx == second.onnx)
  }

  @Test("lets go of the weights file once the network is written")
  func releasesWeights() throws {
    let path = NSTemporaryDirectory() + "csnstream-\(UUID().uuidString).safetensors"
    try Safetensors.write(Array(MadeUp.weights(for: lite.weightShapes).values), to: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    func isMapped() throws -> Bool {
      try String(contentsOfFile: "/proc/self/maps", encoding: .utf8).contains(path)
    }
    let clip = ClipShape(frames: 2, height: 32, width: 32)
    var network: SegmentationNetwork? = try lite.load(
      from: WeightScope(Safetensors(path: path)))
    #expect(try isMapped())
    _ = try network?.lower(clip: clip)
    network = nil
    #expect(try !isMapped())
  }
}
