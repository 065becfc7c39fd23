public import Inference
import Media
public import Network

extension OpenVINOEngine {
  /// Lowers a network for the clips of a pipeline, and compiles it.
  /// - Throws: `NetworkError`, `InferenceError`.
  public convenience init(
    _ network: SegmentationNetwork, settings: ClipSettings, geometry: InputGeometry,
    options: EngineOptions = EngineOptions()
  ) throws {
    try self.init(
      onnx: network.lower(clip: ClipShape(settings, geometry)).onnx, options: options)
  }
}

extension ClipShape {
  /// The clips that a pipeline makes.
  public init(_ settings: ClipSettings, _ geometry: InputGeometry) {
    self.init(
      frames: settings.clipLength, height: geometry.canvasSize.height,
      width: geometry.canvasSize.width)
  }
}
