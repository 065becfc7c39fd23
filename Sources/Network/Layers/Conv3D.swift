package import Checkpoint

/// 3D convolution with bias, or with a batch norm, which is folded into it.
///
/// Weights: `weight` [out, in / groups, kT, kH, kW] and, without a batch norm, `bias` [out].
package struct Conv3D: Layer {
  let kernel: Extent3D
  let stride: Extent3D
  let padding: Padding
  let groups: Int
  let weight: Weight
  let offset: Offset

  /// What is added after the multiplication by `weight`.
  enum Offset: Sendable {
    case bias(Weight)
    case norm(BatchNorm)
  }

  /// - Parameters:
  ///   - padding: `nil` for half the kernel on every side.
  ///   - norm: scope of the batch norm that follows; the convolution then has no bias.
  package init(
    _ input: Int, _ output: Int, kernel: Extent3D, stride: Extent3D = 1, padding: Padding? = nil,
    groups: Int = 1, _ w: WeightScope, norm: WeightScope? = nil
  ) {
    self.kernel = kernel
    self.stride = stride
    self.padding = padding ?? .centred(kernel)
    self.groups = groups
    weight = w.weight("weight", [output, input / groups] + kernel.sizes)
    offset = norm.map { .norm(BatchNorm(output, $0)) } ?? .bias(w.weight("bias", [output]))
  }

  package func callAsFunction(_ x: Tensor) -> Tensor {
    let (output, inputPerGroup) = (weight.shape[0], weight.shape[1])
    precondition(
      x.shape.channels == inputPerGroup * groups,
      "\(weight.name) takes \(inputPerGroup * groups) channels, not \(x.shape.channels)")
    let extent = padding.outputExtent(x.shape.extent, kernel: kernel, stride: stride)
    x.graph.count(
      parameters: weight.count + (isNormed ? 2 : 1) * output,
      multiplyAccumulates: weight.count * extent.volume)
    return x.applying(
      "Conv",
      [x.graph.constant(weight.shape, foldedWeight), x.graph.constant([output], foldedBias)],
      [
        "kernel_shape": .ints(kernel.sizes), "strides": .ints(stride.sizes),
        "pads": .ints(padding.sizes), "group": .int(groups),
      ],
      shape: TensorShape(output, extent))
  }

  private var isNormed: Bool {
    if case .norm = offset { true } else { false }
  }

  private func foldedWeight() throws(NetworkError) -> [Float] {
    var values = try weight.values()
    guard case .norm(let norm) = offset else { return values }
    let perChannel = values.count / weight.shape[0]
    for (channel, scale) in try norm.scaleAndShift().scale.enumerated() {
      for index in channel * perChannel..<(channel + 1) * perChannel { values[index] *= scale }
    }
    return values
  }

  private func foldedBias() throws(NetworkError) -> [Float] {
    switch offset {
    case .bias(let bias): try bias.values()
    case .norm(let norm): try norm.scaleAndShift().shift
    }
  }
}

/// Batch norm at inference: (x − mean) / sqrt(variance + 1e-5) · weight + bias, per channel.
struct BatchNorm: Sendable {
  let weight: Weight
  let bias: Weight
  let mean: Weight
  let variance: Weight

  private static let epsilon: Float = 1e-5

  init(_ channels: Int, _ w: WeightScope) {
    weight = w.weight("weight", [channels])
    bias = w.weight("bias", [channels])
    mean = w.weight("running_mean", [channels])
    variance = w.weight("running_var", [channels])
    // Training's step counter.
    w["num_batches_tracked"].leaveUnused()
  }

  /// The norm as x · scale + shift, per channel.
  func scaleAndShift() throws(NetworkError) -> (scale: [Float], shift: [Float]) {
    let variance = try variance.values()
    let scale = zip(try weight.values(), variance).map { $0 / ($1 + Self.epsilon).squareRoot() }
    let centre = zip(try mean.values(), scale).map { $0 * $1 }
    let shift = zip(try bias.values(), centre).map { $0 - $1 }
    return (scale, shift)
  }
}

extension Weight {
  func values() throws(NetworkError) -> [Float] {
    do { return try floats() } catch { throw NetworkError(error) }
  }
}
