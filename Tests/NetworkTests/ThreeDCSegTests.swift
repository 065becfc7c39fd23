import Checkpoint
import Foundation
import Network
import ReferenceData
import Testing

@Suite(
  .serialized, .enabled(if: SharedFolder.exists, Comment(rawValue: SharedFolder.absent)))
struct ThreeDCSegTests {
  @Test("makes up the values that the reference data were computed with")
  func madeUpValues() throws {
    let url = SharedFolder.url.appending(path: "parity/weights_check.json")
    let expected = try JSONDecoder().decode([String: [Float]].self, from: Data(contentsOf: url))
    let shapes = try MadeUp.publishedShapes()
    for (name, first) in expected {
      let shape = try #require(shapes[name])
      #expect(Array(MadeUp.values(name, shape, 0).prefix(first.count)) == first)
    }
  }

  @Test(
    "agrees with the authors' implementation everywhere, in single precision",
    arguments: ["t4_64x64", "t8_64x96", "t8_96x160", "t16_64x64"])
  func parity(sample name: String) throws {
    let sample = try ParitySample(name)
    let size = sample.frameShape
    let clip = ClipShape(frames: size[1], height: size[2], width: size[3])
    let planar = sample.frames
    #expect(try sample.bytes("frames.first16") == Array(planar.prefix(16)))

    // What the README calls "before ReLU" of the stem was overwritten by the ReLU: it has no
    // negative value, and half of the values are 0.
    let taps = ["stem", "res2", "res3", "res4", "res5", "gc", "m4", "m3", "m2", "p2"]
    let weights = WeightScope(try MadeUp.weights(salt: sample.salt), file: "made-up weights")
    let lowered = try NetworkDescription.threeDCSegR152.load(from: weights)
      .lower(clip: clip, outputs: taps + ["logits"])
    let plane = planar.count / 3
    let results = try run(lowered.onnx, on: planar.indices.map { planar[$0 % 3 * plane + $0 / 3] })

    for tap in taps {
      let result = try #require(results[tap])
      #expect(result.shape == (try sample.integers("\(tap).shape")), "\(tap)")
      let actual = (0..<512).map { result.numbers[7919 * $0 % result.numbers.count] }
      let error = largestDifference(actual, try sample.numbers("\(tap).samples"))
      #expect(error <= 1e-4 * (try sample.numbers("\(tap).mean_std"))[1], "\(tap)")
    }
    for output in ["logits", "foreground"] {
      let expected = try sample.numbers(output)
      let actual = sample.thinned(try #require(results[output]).numbers)
      #expect(largestDifference(actual, expected) <= 1e-4 * deviation(expected), "\(output)")
    }
  }

  @Test("takes every tensor of the published state dict but the unused heads")
  func publishedNames() throws {
    let shapes = try MadeUp.publishedShapes()
    #expect(throws: Never.self) {
      try NetworkDescription.threeDCSegR152.load(from: self.scope(shapes))
    }
    var incomplete = shapes
    incomplete["decoders.0.pred2.bias"] = nil
    incomplete["encoder.layer3.35.conv3.weight"] = nil
    #expect {
      try NetworkDescription.threeDCSegR152.load(from: scope(incomplete))
    } throws: { error in
      "\(error)".contains(
        #"2 missing ("decoders.0.pred2.bias", "encoder.layer3.35.conv3.weight")"#)
    }
    #expect { try NetworkDescription.threeDCSegR101.load(from: scope(shapes)) } throws: { error in
      "\(error)".contains(#"unknown to the network ("encoder.layer2.4.bn1.bias","#)
    }
  }

  /// Weights of these shapes without a megabyte behind them.
  private func scope(_ shapes: [String: [Int]]) -> WeightScope {
    let root = WeightScope.shapesOnly()
    return WeightScope(
      Dictionary(uniqueKeysWithValues: shapes.map { ($0, root.weight($0, $1)) }),
      file: "state dict")
  }

  @Test("counts parameters as the published state dict has them")
  func parameters() throws {
    let shapes = try MadeUp.publishedShapes()
    func count(_ isCounted: (String) -> Bool) -> Int {
      shapes.filter { name, _ in
        let last = name.split(separator: ".").last
        return (last == "weight" || last == "bias") && isCounted(name)
      }.values.map { $0.reduce(1, *) }.reduce(0, +)
    }
    let unused = ["encoder.resnet.", "encoder.conv1_p", "decoders.0.pred3", "decoders.0.pred4"]
    let r152 = count { name in
      !(unused + ["decoders.0.pred5"]).contains { name.hasPrefix($0) }
    }
    func blocks(_ prefix: String) -> Int { count { $0.hasPrefix("encoder.\(prefix).") } }
    let (layer2Block, layer3Block) = (blocks("layer2.7"), blocks("layer3.35"))

    let clip = ClipShape(frames: 8, height: 128, width: 224)
    let cost = try NetworkDescription.threeDCSegR152.cost(of: clip)
    #expect(cost.parameters == r152)
    // The paper's 160 GMAC for this clip.
    #expect((cost.multiplyAccumulates + 500_000_000) / 1_000_000_000 == 160)
    #expect(
      try NetworkDescription.threeDCSegR101.cost(of: clip).parameters
        == r152 - 4 * layer2Block - 13 * layer3Block)
    #expect(
      try NetworkDescription.threeDCSegR50.cost(of: clip).parameters
        == r152 - 4 * layer2Block - 30 * layer3Block)
  }

  @Test(
    "the shallower encoders run too, on clips of any number of frames",
    arguments: [
      (NetworkDescription.threeDCSegR50, 1), (NetworkDescription.threeDCSegR50, 5),
      (NetworkDescription.threeDCSegR101, 3),
    ])
  func shallower(description: NetworkDescription, frames: Int) throws {
    let weights = MadeUp.weights(for: description.weightShapes)
    let clip = ClipShape(frames: frames, height: 32, width: 32)
    let lowered = try description.load(from: WeightScope(weights, file: "made-up weights"))
      .lower(clip: clip, outputs: ["res5", "logits"])
    let results = try run(lowered.onnx, on: randomFrames(clip))
    #expect(
      results.mapValues(\.shape) == [
        "foreground": [frames, 32, 32], "res5": [2048, (frames + 7) / 8, 1, 1],
        "logits": [2, frames, 32, 32],
      ])
    let foreground = try #require(results["foreground"]).numbers
    #expect(foreground.allSatisfy { (0...1).contains($0) })
    #expect(deviation(foreground) > 0)
  }

  @Test("needs a weights file, and says which")
  func needsWeights() {
    #expect { try NetworkDescription.threeDCSegR152.loadBundled() } throws: { error in
      (error as? NetworkError)?.code == .noWeights && "\(error)".contains("bmvc_final.pth")
    }
  }
}
