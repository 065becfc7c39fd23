/// Sizes along time, height and width: of a tensor, a kernel, a stride or a padding.
package struct Extent3D: Hashable, Sendable, ExpressibleByIntegerLiteral {
  package var frames: Int
  package var height: Int
  package var width: Int

  package init(_ frames: Int, _ height: Int, _ width: Int) {
    self.frames = frames
    self.height = height
    self.width = width
  }

  /// The same size along all three.
  package init(integerLiteral size: Int) { self.init(size, size, size) }

  /// Frames, height, width.
  package var sizes: [Int] { [frames, height, width] }

  /// Product of the three.
  package var volume: Int { frames * height * width }

  /// Combines the sizes one by one.
  func zip(_ other: Extent3D, _ combine: (Int, Int) -> Int) -> Extent3D {
    Extent3D(
      combine(frames, other.frames), combine(height, other.height), combine(width, other.width))
  }
}

/// Shape of the activations of one clip: [C, T, H, W].
package struct TensorShape: Hashable, Sendable {
  package var channels: Int
  package var extent: Extent3D

  package init(_ channels: Int, _ extent: Extent3D) {
    self.channels = channels
    self.extent = extent
  }

  /// Channels, frames, height, width.
  package var sizes: [Int] { [channels] + extent.sizes }
}

/// Zeros put around a tensor before a convolution or a pooling.
package struct Padding: Hashable, Sendable {
  package var before: Extent3D
  package var after: Extent3D

  package init(before: Extent3D, after: Extent3D) {
    self.before = before
    self.after = after
  }

  /// Half the kernel on every side: keeps the size at stride 1.
  package static func centred(_ kernel: Extent3D) -> Padding {
    let half = kernel.zip(kernel) { size, _ in size / 2 }
    return Padding(before: half, after: half)
  }

  /// TensorFlow's "SAME" in space for even sizes: at stride 2 one more after than before; centred in
  /// time.
  package static func same(_ kernel: Extent3D, stride: Extent3D) -> Padding {
    let total = kernel.zip(stride) { max($0 - $1, 0) }
    let frames = kernel.frames / 2
    return Padding(
      before: Extent3D(frames, total.height / 2, total.width / 2),
      after: Extent3D(frames, total.height - total.height / 2, total.width - total.width / 2))
  }

  /// Size of what a window of size `kernel` moved by `stride` yields; rounds down.
  func outputExtent(_ input: Extent3D, kernel: Extent3D, stride: Extent3D) -> Extent3D {
    input.zip(before, +).zip(after, +).zip(kernel, -).zip(stride, /).zip(1, +)
  }

  /// As ONNX lists it: all sizes before, then all after.
  var sizes: [Int] { before.sizes + after.sizes }
}
