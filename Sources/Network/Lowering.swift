/// A network's graph from 8-bit frames to probabilities.
struct Lowering {
  let graph = Graph()

  private static let logits = "logits"

  init(_ network: any Network, _ normalisation: Normalisation, _ clip: ClipShape) {
    let logits = network(frames(normalisation, clip))
    let fullSize = resize(logits, to: Extent3D(clip.frames, clip.height, clip.width))
      .named(Self.logits)
    let foreground =
      fullSize.shape.channels == 1 ? sigmoid(fullSize) : channel(1, of: softmax(fullSize))
    output(foreground, as: LoweredNetwork.outputName, shape: foreground.shape.extent.sizes)
  }

  var cost: NetworkCost {
    NetworkCost(
      parameters: graph.parameterCount, multiplyAccumulates: graph.multiplyAccumulates)
  }

  /// Adds the value that `network` calls `name` to the outputs.
  func addOutput(_ name: String, of network: String) throws(NetworkError) {
    guard let tensor = graph.taps[name] else {
      let names = graph.taps.keys.sorted().joined(separator: ", ")
      throw NetworkError(
        .unknownOutput, "\(network) has no output \"\(name)\"; there are: \(names)")
    }
    output(tensor, as: name, shape: tensor.shape.sizes)
  }

  /// The graph's input, normalised: uint8 [T, H, W, 3] to float32 [1, 3, T, H, W].
  private func frames(_ normalisation: Normalisation, _ clip: ClipShape) -> Tensor {
    let shape = TensorShape(3, Extent3D(clip.frames, clip.height, clip.width))
    let rgb = graph.input(
      LoweredNetwork.inputName, .uint8, [clip.frames, clip.height, clip.width, 3])
    let clips = graph.append(
      "Reshape", [rgb, graph.constant([1, clip.frames, clip.height, clip.width, 3])])
    let planar = graph.append("Transpose", [clips], ["perm": .ints([0, 4, 1, 2, 3])])
    let float = graph.append(
      "Cast", [planar], ["to": .int(Onnx_TensorProto.DataType.float.rawValue)])
    return Tensor(float, shape, in: graph)
      .applying("Sub", [graph.constant([1, 3, 1, 1, 1]) { normalisation.mean }])
      .applying("Div", [graph.constant([]) { [normalisation.divisor] }])
  }

  /// Makes `tensor` an output called `name`, without the axis of size 1 in front.
  private func output(_ tensor: Tensor, as name: String, shape: [Int]) {
    _ = graph.append("Reshape", [tensor.name, graph.constant(shape)], output: name)
    graph.output(name, shape)
  }
}
