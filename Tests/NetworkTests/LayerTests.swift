import Checkpoint
import Network
import ReferenceData
import Testing

/// Every layer, run by the engine, against its definition, on sizes that fit no vector register.
struct LayerTests {
  @Test(
    "a convolution computes its definition",
    arguments: [
      ConvolutionCase(1, 1, kernel: 1),
      ConvolutionCase(3, 7, kernel: 3, input: Extent3D(5, 7, 9)),
      ConvolutionCase(12, 15, kernel: 3, stride: 2, input: Extent3D(5, 7, 9)),
      ConvolutionCase(7, 16, kernel: Extent3D(3, 7, 7), stride: Extent3D(1, 2, 2)),
      ConvolutionCase(2, 8, kernel: Extent3D(1, 7, 1)),
      ConvolutionCase(2, 8, kernel: Extent3D(1, 1, 7)),
      ConvolutionCase(16, 16, kernel: 3, groups: 16, input: Extent3D(1, 3, 11)),
      ConvolutionCase(13, 13, kernel: Extent3D(3, 5, 5), stride: 2, groups: 13),
      ConvolutionCase(12, 8, kernel: 3, groups: 4),
      ConvolutionCase(15, 9, kernel: 1, stride: 2, input: Extent3D(2, 5, 6)),
      ConvolutionCase(3, 4, kernel: 3, stride: Extent3D(1, 2, 2), isSame: true),
      ConvolutionCase(8, 8, kernel: Extent3D(3, 5, 5), stride: 2, groups: 8, isSame: true),
    ], [false, true])
  func convolution(of each: ConvolutionCase, hasNorm: Bool) throws {
    let weights = each.weights(hasNorm: hasNorm)
    let scope = WeightScope(weights, file: "test")
    let layer = Conv3D(
      each.channels.0, each.channels.1, kernel: each.kernel, stride: each.stride,
      padding: each.isSame ? .same(each.kernel, stride: each.stride) : nil, groups: each.groups,
      scope, norm: hasNorm ? scope["norm"] : nil)
    try scope.checkMatch()
    let comparison = try compare(TensorShape(each.channels.0, each.input)) {
      layer($0)
    } _: {
      each.expected($0, weights.mapValues { try! $0.floats() }, hasNorm: hasNorm)
    }
    #expect(comparison.actualShape == comparison.expectedShape)
    #expect(comparison.error < 1e-5)
  }

  @Test(
    "an activation computes its definition",
    arguments: [Extent3D(1, 1, 2), Extent3D(3, 5, 7), Extent3D(2, 9, 11)])
  func activations(extent: Extent3D) throws {
    let shape = TensorShape(3, extent)
    let cases: [((Tensor) -> Tensor, (Values) -> Values)] = [
      ({ relu($0) }, { $0.map { max($0, 0) } }),
      // The inputs reach beyond ±5, so that twice the input passes 6.
      ({ relu6($0 + $0) }, { $0.map { min(max(2 * $0, 0), 6) } }),
      ({ sigmoid($0) }, { $0.map(Reference.sigmoid) }),
      ({ softmax($0) }, { Reference.softmax($0) }),
      ({ channel(1, of: $0) }, { x in Values(TensorShape(1, extent)) { x[1, $1, $2, $3]! } }),
      ({ relu($0) + $0 }, { $0.map { max($0, 0) } + $0 }),
    ]
    for (part, expected) in cases {
      let comparison = try compare(shape, part, expected)
      #expect(comparison.actualShape == comparison.expectedShape)
      #expect(comparison.error < 1e-5)
    }
  }

  @Test(
    "max-pooling takes the maximum of what lies inside the tensor",
    arguments: [Extent3D(2, 6, 8), Extent3D(3, 5, 7), Extent3D(1, 1, 3)])
  func maxPooling(extent: Extent3D) throws {
    // Below −4 everywhere, so that a padding with zeros would show.
    let windows = (Extent3D(1, 3, 3), Extent3D(1, 2, 2))
    let comparison = try compare(TensorShape(3, extent)) {
      maxPool($0, kernel: windows.0, stride: windows.1)
    } _: {
      Reference.maxPool($0, kernel: windows.0, stride: windows.1)
    }
    #expect(comparison.actualShape == comparison.expectedShape)
    #expect(comparison.error < 1e-6)
  }

  @Test(
    "a resize is trilinear with half-pixel centres, up, down and not at all",
    arguments: [
      (Extent3D(2, 3, 5), Extent3D(4, 6, 10)), (Extent3D(1, 2, 3), Extent3D(2, 4, 6)),
      (Extent3D(2, 3, 5), Extent3D(3, 5, 9)), (Extent3D(4, 3, 2), Extent3D(7, 6, 4)),
      (Extent3D(3, 5, 7), Extent3D(2, 4, 3)), (Extent3D(3, 5, 7), Extent3D(1, 1, 1)),
      (Extent3D(1, 1, 1), Extent3D(3, 4, 5)), (Extent3D(2, 3, 4), Extent3D(2, 3, 4)),
    ])
  func resizing(from input: Extent3D, to output: Extent3D) throws {
    let comparison = try compare(TensorShape(5, input)) {
      resize($0, to: output)
    } _: {
      Reference.resize($0, to: output)
    }
    #expect(comparison.actualShape == comparison.expectedShape)
    #expect(comparison.error < 1e-5)
  }

  @Test(
    "resizing frames is the resize that keeps their number",
    arguments: [Extent3D(1, 2, 3), Extent3D(3, 5, 7), Extent3D(2, 8, 16)], [1, 2])
  func resizingFrames(of input: Extent3D, channels: Int) throws {
    let output = Extent3D(input.frames, input.height * 4, input.width * 4)
    let comparison = try compare(TensorShape(channels, input)) {
      resizeFrames($0, height: output.height, width: output.width)
    } _: {
      Reference.resize($0, to: output)
    }
    #expect(comparison.actualShape == comparison.expectedShape)
    #expect(comparison.error < 1e-5)
  }

  @Test("a layer's parameters and multiplications are counted")
  func counts() throws {
    let scope = WeightScope.shapesOnly()
    let graph = Graph()
    let clip = ClipShape(frames: 3, height: 5, width: 7)
    let x = graph.frames(clip, Normalisation(mean: [0, 0, 0, 0], divisor: 1))
    _ = relu(Conv3D(4, 6, kernel: Extent3D(1, 3, 3), groups: 2, scope)(x))
    #expect(graph.parameterCount == 6 * 2 * 9 + 6)
    #expect(graph.multiplyAccumulates == 6 * 2 * 9 * 3 * 5 * 7)
    _ = Conv3D(4, 6, kernel: 1, stride: 2, scope, norm: scope["norm"])(x)
    #expect(graph.parameterCount == 6 * 2 * 9 + 6 + 6 * 4 + 2 * 6)
    #expect(graph.multiplyAccumulates == 6 * 2 * 9 * 3 * 5 * 7 + 6 * 4 * 2 * 3 * 4)
  }
}

struct ConvolutionCase: Sendable, CustomTestStringConvertible {
  let channels: (Int, Int)
  let kernel: Extent3D
  let stride: Extent3D
  let groups: Int
  let input: Extent3D
  let isSame: Bool

  init(
    _ input: Int, _ output: Int, kernel: Extent3D, stride: Extent3D = 1, groups: Int = 1,
    input extent: Extent3D = Extent3D(3, 6, 10), isSame: Bool = false
  ) {
    channels = (input, output)
    self.kernel = kernel
    self.stride = stride
    self.groups = groups
    self.input = extent
    self.isSame = isSame
  }

  var testDescription: String {
    "\(channels.0)→\(channels.1), kernel \(kernel.sizes), stride \(stride.sizes), "
      + "\(groups) groups, input \(input.sizes)\(isSame ? ", SAME padding" : "")"
  }

  var padding: Padding {
    guard isSame else { return .centred(kernel) }
    func total(_ kernel: Int, _ stride: Int) -> Int { kernel - stride }
    let (high, wide) = (total(kernel.height, stride.height), total(kernel.width, stride.width))
    return Padding(
      before: Extent3D(kernel.frames / 2, high / 2, wide / 2),
      after: Extent3D(kernel.frames / 2, (high + 1) / 2, (wide + 1) / 2))
  }

  func weights(hasNorm: Bool) -> [String: Weight] {
    var generator = SeededGenerator(state: 7)
    func weight(_ name: String, _ shape: [Int], in range: ClosedRange<Float>) -> (String, Weight) {
      let values = (0..<shape.reduce(1, *)).map { _ in Float.random(in: range, using: &generator) }
      return (name, Weight(name: name, shape: shape, values: values))
    }
    let output = channels.1
    let shape = [output, channels.0 / groups] + kernel.sizes
    let added =
      hasNorm
      ? [
        weight("norm.weight", [output], in: 0.5...1.5), weight("norm.bias", [output], in: -1...1),
        weight("norm.running_mean", [output], in: -1...1),
        weight("norm.running_var", [output], in: 0.001...2),
        weight("norm.num_batches_tracked", [], in: 0...1),
      ] : [weight("bias", [output], in: -1...1)]
    return Dictionary(uniqueKeysWithValues: [weight("weight", shape, in: -1...1)] + added)
  }

  /// The convolution, then the bias or the batch norm by its definition.
  func expected(_ x: Values, _ weights: [String: [Float]], hasNorm: Bool) -> Values {
    let y = Reference.convolution(
      x, weights["weight"]!, output: channels.1, kernel: kernel, stride: stride, padding: padding,
      groups: groups)
    func of(_ name: String, _ channel: Int) -> Double { Double(weights[name]![channel]) }
    return Values(y.shape) { c, t, row, column in
      let value = y[c, t, row, column]!
      guard hasNorm else { return value + of("bias", c) }
      let deviation = (of("norm.running_var", c) + 1e-5).squareRoot()
      let normal = (value - of("norm.running_mean", c)) / deviation
      return normal * of("norm.weight", c) + of("norm.bias", c)
    }
  }
}
