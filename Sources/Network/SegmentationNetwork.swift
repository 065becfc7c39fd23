/// Size of the clips a lowered network takes.
public struct ClipShape: Hashable, Sendable, CustomStringConvertible {
  /// Frames per clip, T.
  public var frames: Int
  /// Height in pixels, H.
  public var height: Int
  /// Width in pixels, W.
  public var width: Int

  /// A clip of `frames` frames of `height` × `width` pixels.
  public init(frames: Int, height: Int, width: Int) {
    self.frames = frames
    self.height = height
    self.width = width
  }

  /// Height and width must be multiples of this: the coarsest features are at 1/32.
  public static let sizeMultiple = 32

  /// The most frames of a clip, and the longest edge in pixels: beyond them, sizes and costs could
  /// no longer be counted.
  static let maximumFrames = 4096
  static let maximumEdge = 16384

  /// "T×H×W".
  public var description: String { "\(frames)×\(height)×\(width)" }

  func check() throws(NetworkError) {
    let edges = Self.sizeMultiple...Self.maximumEdge
    guard (1...Self.maximumFrames).contains(frames),
      edges.contains(height), edges.contains(width),
      height.isMultiple(of: Self.sizeMultiple), width.isMultiple(of: Self.sizeMultiple)
    else {
      throw NetworkError(
        .clipShape,
        "a clip of \(self) is not possible: it takes 1 to \(Self.maximumFrames) frames, height and "
          + "width multiples of \(Self.sizeMultiple) up to \(Self.maximumEdge)")
    }
  }
}

/// A network without its input's normalisation and its output's upsampling.
protocol Network: Sendable {
  /// Normalised frames [3, T, H, W] to logits [1 or 2, T, H/4, W/4]: of the foreground, or of
  /// background and foreground.
  func callAsFunction(_ frames: Tensor) -> Tensor
}

/// A network with its weights, ready to be lowered to ONNX.
public struct SegmentationNetwork: Sendable {
  /// Its entry in the catalogue.
  public let description: NetworkDescription
  let network: any Network

  /// Writes the network down for clips of one size.
  ///
  /// The result takes `frames`, uint8 [T, H, W, 3], RGB interleaved, and yields `foreground`, float32
  /// [T, H, W], probabilities. Normalisation and upsampling are part of it.
  ///
  /// - Parameter outputs: further outputs, for comparison with other implementations: `logits`
  ///   (float32 [1 or 2, T, H, W]) and the values the network names (float32 [C, T', H', W']).
  /// - Throws: `.clipShape`; `.unknownOutput`; `.weights` when a weight is not of floats.
  public func lower(
    clip: ClipShape, outputs: [String] = []
  ) throws(NetworkError) -> LoweredNetwork {
    let lowering = try lowering(of: clip)
    for name in outputs { try lowering.addOutput(name, of: description.name) }
    return LoweredNetwork(
      onnx: try lowering.graph.serialised(name: description.name), clip: clip, cost: lowering.cost)
  }

  func lowering(of clip: ClipShape) throws(NetworkError) -> Lowering {
    try clip.check()
    return Lowering(network, description.normalisation, clip)
  }
}

/// A network as ONNX, for clips of one size.
public struct LoweredNetwork: Sendable {
  /// Name of the input: uint8 [T, H, W, 3], RGB interleaved.
  public static let inputName = "frames"
  /// Name of the output: float32 [T, H, W], foreground probabilities.
  public static let outputName = "foreground"

  /// The ONNX file's bytes.
  public let onnx: [UInt8]
  /// Size of the clips it takes.
  public let clip: ClipShape
  /// What running it takes.
  public let cost: NetworkCost
}
