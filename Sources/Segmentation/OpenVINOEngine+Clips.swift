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
    let clip = ClipShape(
      frames: settings.clipLength, height: geometry.canvasSize.height,
      width: geometry.canvasSize.width)
    try self.init(onnx: network.lower(clip: clip).onnx, options: options)
  }
}
