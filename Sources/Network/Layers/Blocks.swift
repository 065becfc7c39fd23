package import Checkpoint

/// x + second(relu(first(relu(x)))): the residual block of the 3DC-Seg decoder.
package struct Residual: Layer {
  let first: any Layer
  let second: any Layer

  package init(_ first: any Layer, _ second: any Layer) {
    self.first = first
    self.second = second
  }

  package func callAsFunction(_ x: Tensor) -> Tensor { x + second(relu(first(relu(x)))) }
}

/// Depthwise 3×3×3, then 1×1×1: a cheap stand-in for a 3×3×3 convolution.
package struct SeparableConv3D: Layer {
  let depthwise: Conv3D
  let pointwise: Conv3D

  package init(_ input: Int, _ output: Int, _ w: WeightScope) {
    depthwise = Conv3D(input, input, kernel: 3, groups: input, w[0])
    pointwise = Conv3D(input, output, kernel: 1, w[1])
  }

  package func callAsFunction(_ x: Tensor) -> Tensor { pointwise(depthwise(x)) }
}

/// Global convolution (3DC-Seg, section 3.2): a large kernel in space, factored in both orders.
package struct GC3D: Layer {
  let left: [Conv3D]
  let right: [Conv3D]

  /// - Parameters:
  ///   - left: scopes of the column convolution and of the row convolution after it.
  ///   - right: scopes of the row convolution and of the column convolution after it.
  package init(
    _ input: Int, _ output: Int, left: (WeightScope, WeightScope),
    right: (WeightScope, WeightScope)
  ) {
    let (column, row) = (Extent3D(1, 7, 1), Extent3D(1, 1, 7))
    self.left = [
      Conv3D(input, output, kernel: column, left.0), Conv3D(output, output, kernel: row, left.1),
    ]
    self.right = [
      Conv3D(input, output, kernel: row, right.0), Conv3D(output, output, kernel: column, right.1),
    ]
  }

  package func callAsFunction(_ x: Tensor) -> Tensor { left[1](left[0](x)) + right[1](right[0](x)) }
}

/// Refinement (3DC-Seg, section 3.2): brings encoder features and the coarser decoder stage together
/// at the size of the former.
package struct Refine3D: Sendable {
  /// Skip features to the decoder's channels.
  let project: Conv3D
  let refineSkip: Residual
  /// Coarse features to this stage's channels, where they differ.
  let adapt: Conv3D?
  let refineSum: Residual

  package func callAsFunction(_ skip: Tensor, _ coarse: Tensor) -> Tensor {
    let fine = refineSkip(project(skip))
    let adapted = adapt.map { $0(coarse) } ?? coarse
    return refineSum(fine + resize(adapted, to: fine.shape.extent))
  }
}
