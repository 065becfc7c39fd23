/// The activations of one clip somewhere in a network being built: float32 [C, T, H, W].
///
/// It stands for the values and does not hold them. Handing it to a layer adds that layer's operation
/// to the graph. In the graph the shape is [1, C, T, H, W].
package struct Tensor {
  package let shape: TensorShape
  let name: String
  let graph: Graph

  init(_ name: String, _ shape: TensorShape, in graph: Graph) {
    self.name = name
    self.shape = shape
    self.graph = graph
    graph.count(activations: shape.channels * shape.extent.volume, of: name)
  }

  /// Gives the value a name under which it can be asked for as an output of the graph.
  package func named(_ name: String) -> Tensor {
    graph.tap(self, as: name)
    return self
  }

  /// Adds an operation on this tensor, then `operands`, with a result of `shape` (or this shape).
  func applying(
    _ operation: String, _ operands: [String] = [],
    _ attributes: KeyValuePairs<String, Graph.Attribute> = [:], shape: TensorShape? = nil
  ) -> Tensor {
    let result = graph.append(operation, [name] + operands, attributes)
    return Tensor(result, shape ?? self.shape, in: graph)
  }

  /// Element-wise sum of two tensors of the same shape.
  package static func + (left: Tensor, right: Tensor) -> Tensor {
    precondition(left.shape == right.shape, "cannot add \(left.shape) and \(right.shape)")
    return left.applying("Add", [right.name])
  }
}

/// A part of a network with one input: a value that holds its weights.
package protocol Layer: Sendable {
  /// Adds the layer to the graph of `x` and returns its result.
  func callAsFunction(_ x: Tensor) -> Tensor
}
