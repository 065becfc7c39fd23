import Checkpoint
import Testing

struct WeightScopeTests {
  /// A checkpoint of zeros with these names and shapes.
  private func scope(_ shapes: [String: [Int]]) -> WeightScope {
    let weights = shapes.map { name, shape in
      let zeros = [Float](repeating: 0, count: shape.reduce(1, *))
      return (name, Weight(name: name, shape: shape, values: zeros))
    }
    return WeightScope(Dictionary(uniqueKeysWithValues: weights), file: "f.safetensors")
  }

  @Test("goes down by name, by number and by dotted name")
  func goesDown() throws {
    let root = scope(["a.0.b.weight": [2], "c": [1]])
    #expect(root["a"][0]["b"].weight("weight", [2]).name == "a.0.b.weight")
    #expect(root["a.0"].weight("b.weight", [2]).name == "a.0.b.weight")
    #expect(root.weight("c", [1]).count == 1)
    try root.checkMatch()
  }

  @Test("names what is missing, unused and of another shape, all in one error")
  func namesDifferences() {
    let root = scope(["a.weight": [2, 3], "a.bias": [2], "extra": [1], "b": [4]])
    _ = root["a"].weight("weight", [3, 2])
    _ = root["a"].weight("bias", [2])
    _ = root["a"].weight("scale", [2])
    _ = root.weight("b", [4])
    #expect(root.match.missing == [#""a.scale""#])
    #expect(root.match.unused == [#""extra""#])
    #expect(root.match.mismatched == [#""a.weight" is [2, 3], expected [3, 2]"#])
    #expect { try root.checkMatch() } throws: { error in
      (error as? CheckpointError)?.code == .mismatch
        && "\(error)" == """
          f.safetensors: the weights do not fit the network: 1 missing ("a.scale"), \
          1 of another shape ("a.weight" is [2, 3], expected [3, 2]), \
          1 unknown to the network ("extra")
          """
    }
  }

  @Test("counts all differences and shows the first few")
  func countsMany() {
    let root = scope([:])
    for index in 0..<10 { _ = root[index].weight("weight", [1]) }
    #expect { try root.checkMatch() } throws: { error in
      "\(error)".hasSuffix(#"10 missing ("0.weight", "1.weight", "2.weight", …)"#)
    }
  }

  @Test("a shape differs even where the number of elements agrees")
  func comparesShapes() {
    let root = scope(["w": [6]])
    _ = root.weight("w", [2, 3])
    #expect(root.match.mismatched == [#""w" is [6], expected [2, 3]"#])
    #expect(root.match.unused.isEmpty)
  }

  @Test("leaves out what is declared unused, by whole names only, there or not")
  func leavesUnused() {
    let root = scope(["p3.weight": [1], "p3.deep.er": [1], "p30.weight": [1], "p4": [1]])
    for name in ["p3", "p4", "p5"] { root[name].leaveUnused() }
    #expect(root.match.unused == [#""p30.weight""#])
    #expect(root.match.missing.isEmpty)
  }

  @Test("explains that a backbone is not a whole network")
  func explainsBackbone() {
    let backbone = [
      "conv1.weight": [1], "bn1.weight": [1], "bn1.running_mean": [1],
      "layer1.0.conv1.weight": [1], "layer4.2.bn3.bias": [1], "fc.weight": [1], "fc.bias": [1],
    ]
    let reason = "f.safetensors: holds a backbone only"
    let root = scope(backbone)
    _ = root["encoder"].weight("conv1.weight", [1])
    #expect { try root.checkMatch() } throws: { "\($0)".hasPrefix(reason) }
    // With anything of a decoder beside it, it is the wrong network's checkpoint.
    let other = scope(backbone.merging(["decoder.weight": [1]]) { $1 })
    _ = other["encoder"].weight("conv1.weight", [1])
    #expect { try other.checkMatch() } throws: { !"\($0)".contains("backbone") }
  }

  @Test("hands out shapes without values where there is no checkpoint")
  func shapesOnly() throws {
    let root = WeightScope.shapesOnly()
    let weight = root["a"].weight("weight", [1 << 20, 1 << 20])
    #expect(weight.count == 1 << 40)
    try root.checkMatch()
    #expect { try weight.floats() } throws: { ($0 as? CheckpointError)?.code == .unsupported }
    #expect {
      try Safetensors.write([weight], to: "/dev/null")
    } throws: {
      ($0 as? CheckpointError)?.code == .unsupported
    }
  }
}
