/// max(x, 0)
package func relu(_ x: Tensor) -> Tensor { x.applying("Relu") }

/// min(max(x, 0), 6)
package func relu6(_ x: Tensor) -> Tensor {
  x.applying("Clip", [x.graph.constant([]) { [0] }, x.graph.constant([]) { [6] }])
}

/// 1 / (1 + exp(−x))
package func sigmoid(_ x: Tensor) -> Tensor { x.applying("Sigmoid") }

/// exp(x) over the sum of exp(x) of all channels.
package func softmax(_ x: Tensor) -> Tensor { x.applying("Softmax", [], ["axis": .int(1)]) }

/// Maximum over windows; what lies outside the tensor does not count.
package func maxPool(_ x: Tensor, kernel: Extent3D, stride: Extent3D) -> Tensor {
  let padding = Padding.centred(kernel)
  let extent = padding.outputExtent(x.shape.extent, kernel: kernel, stride: stride)
  return x.applying(
    "MaxPool", [],
    [
      "kernel_shape": .ints(kernel.sizes), "strides": .ints(stride.sizes),
      "pads": .ints(padding.sizes),
    ],
    shape: TensorShape(x.shape.channels, extent))
}

/// Trilinear resize with half-pixel centres, clamped at the borders.
package func resize(_ x: Tensor, to extent: Extent3D) -> Tensor {
  let shape = TensorShape(x.shape.channels, extent)
  // The empty names stand for the region of interest and the scales, which are not given.
  return x.applying(
    "Resize", ["", "", x.graph.constant([1] + shape.sizes)],
    ["mode": .string("linear"), "coordinate_transformation_mode": .string("half_pixel")],
    shape: shape)
}

/// The one channel `index` of x.
package func channel(_ index: Int, of x: Tensor) -> Tensor {
  let bounds = [[index], [index + 1], [1]].map(x.graph.constant)
  return x.applying("Slice", bounds, shape: TensorShape(1, x.shape.extent))
}
