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

/// Bilinear resize of every frame of x: what `resize` yields when the number of frames stays.
///
/// Frames are taken for channels, because engines are several times faster at resizing in two
/// dimensions than in three.
package func resizeFrames(_ x: Tensor, height: Int, width: Int) -> Tensor {
  let shape = TensorShape(x.shape.channels, Extent3D(x.shape.extent.frames, height, width))
  let images = x.shape.channels * x.shape.extent.frames
  let flat = [1, images, x.shape.extent.height, x.shape.extent.width]
  let reshaped = x.applying("Reshape", [x.graph.constant(flat)])
  let resized = reshaped.applying(
    "Resize", ["", "", x.graph.constant([1, images, height, width])],
    ["mode": .string("linear"), "coordinate_transformation_mode": .string("half_pixel")])
  return resized.applying("Reshape", [x.graph.constant([1] + shape.sizes)], shape: shape)
}

/// The one channel `index` of x.
package func channel(_ index: Int, of x: Tensor) -> Tensor {
  let bounds = [[index], [index + 1], [1]].map(x.graph.constant)
  return x.applying("Slice", bounds, shape: TensorShape(1, x.shape.extent))
}
