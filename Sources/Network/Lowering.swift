/// A network's graph from 8-bit frames to probabilities.
struct Lowering {
  let graph = Graph()

  init(_ network: any Network, _ normalisation: Normalisation, _ clip: ClipShape) {
    let logits = network(graph.frames(clip, normalisation))
    let fullSize = resizeFrames(logits, height: clip.height, width: clip.width).named("logits")
    let foreground =
      fullSize.shape.channels == 1 ? sigmoid(fullSize) : channel(1, of: softmax(fullSize))
    graph.output(
      foreground, as: LoweredNetwork.outputName, shape: foreground.shape.extent.sizes)
  }

  var cost: NetworkCost {
    NetworkCost(
      parameters: graph.parameterCount, multiplyAccumulates: graph.multiplyAccumulates,
      peakActivations: graph.peakActivations)
  }

  /// Adds the value that `network` calls `name` to the outputs.
  func addOutput(_ name: String, of network: String) throws(NetworkError) {
    guard let tap = graph.taps[name] else {
      let names = graph.taps.keys.sorted().joined(separator: ", ")
      throw NetworkError(
        .unknownOutput, "\(network) has no output \"\(name)\"; there are: \(names)")
    }
    graph.output(Tensor(tap.name, tap.shape, in: graph), as: name, shape: tap.shape.sizes)
  }
}

/// How 8-bit values become a network's input: (value − mean) / divisor.
package struct Normalisation: Sendable {
  /// One value per channel.
  package var mean: [Float]
  package var divisor: Float

  package init(mean: [Float], divisor: Float) {
    self.mean = mean
    self.divisor = divisor
  }
}

extension Graph {
  /// Adds the input `frames`, uint8 [T, H, W, C], and returns it normalised.
  package func frames(_ clip: ClipShape, _ normalisation: Normalisation) -> Tensor {
    let channels = normalisation.mean.count
    let interleaved = [clip.frames, clip.height, clip.width, channels]
    let bytes = input(LoweredNetwork.inputName, .uint8, interleaved)
    let batch = append("Reshape", [bytes, constant([1] + interleaved)])
    let float = append("Cast", [batch], ["to": .int(Onnx_TensorProto.DataType.float.rawValue)])
    let centred = append("Sub", [float, constant([channels]) { normalisation.mean }])
    let scaled = append("Div", [centred, constant([]) { [normalisation.divisor] }])
    // Last, because engines that keep channels innermost anyway then have nothing to move.
    let planar = append("Transpose", [scaled], ["perm": .ints([0, 4, 1, 2, 3])])
    let extent = Extent3D(clip.frames, clip.height, clip.width)
    return Tensor(planar, TensorShape(channels, extent), in: self)
  }

  /// Makes `tensor` an output of `shape`, which leaves out axes of size 1.
  package func output(_ tensor: Tensor, as name: String, shape: [Int]) {
    let result = append("Reshape", [tensor.name, constant(shape)], output: name)
    declareOutput(result, shape)
  }
}
