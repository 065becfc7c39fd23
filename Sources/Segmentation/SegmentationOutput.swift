public import Media

/// Something that is made of the pipeline's masks. Used from one thread at a time.
public protocol SegmentationOutput: AnyObject {
  /// Takes the next picture with its mask, or the next audio packet.
  func write(_ item: SegmentedItem) throws
  /// Writes what is held back and completes the output. Called once, also after an error, so that
  /// what was written before it is kept.
  func finish() throws
}

/// A video of the source's pictures with their masks drawn on, and its sound, which is held back until
/// its pictures go out.
public final class OverlayOutput: SegmentationOutput {
  private let renderer: OverlayRenderer
  private let geometry: InputGeometry
  private let masks: MaskScaler.Output
  private let warn: (String) -> Void
  private var warningCount = 0
  private var scaler: MaskScaler
  private var sound = HeldSound()
  // Nil once finished.
  private var writer: VideoWriter?

  /// Makes an output that draws on pictures as they come from the source.
  /// - Parameters:
  ///   - masks: how probabilities become masks of 0 and 255.
  ///   - warn: is told in a line each what is written otherwise than it came.
  public init(
    _ writer: consuming VideoWriter, geometry: InputGeometry, masks: MaskScaler.Output,
    renderer: OverlayRenderer, warn: @escaping (String) -> Void
  ) {
    self.warn = warn
    self.renderer = renderer
    self.geometry = geometry
    self.masks = masks
    scaler = MaskScaler(geometry, size: geometry.displaySize, output: masks)
    self.writer = consume writer
  }

  /// Draws and writes a picture, and the sound that has waited for it.
  public func write(_ item: SegmentedItem) throws {
    switch item {
    case .audio(let packet):
      if let packet = sound.append(packet) { try writer?.write(packet) }
    case .frame(let frame):
      for packet in sound.release(upTo: frame.picture.timestamp) { try writer?.write(packet) }
      // A picture is stored in another size than it is shown in where its pixels are not square.
      if scaler.size != frame.picture.size {
        scaler = MaskScaler(geometry, size: frame.picture.size, output: masks)
      }
      let mask = scaler.mask(from: frame.probabilities)
      try writer?.write(renderer.draw(mask, on: frame.picture))
    }
    let warnings = writer?.warnings ?? []
    for warning in warnings.dropFirst(warningCount) { warn(warning) }
    warningCount = warnings.count
  }

  /// Completes the video.
  public func finish() throws {
    let rest = Result { for packet in sound.releaseAll() { try writer?.write(packet) } }
    // Whatever the sound met, the video is completed.
    try writer.take()?.finish()
    try rest.get()
  }
}

/// The masks themselves, 8-bit gray, in the source's display size.
public final class MaskOutput: SegmentationOutput {
  private let scaler: MaskScaler
  // Nil once finished.
  private var writer: VideoWriter?

  /// Makes an output for the masks of pictures laid out by `geometry`.
  public init(
    _ writer: consuming VideoWriter, geometry: InputGeometry, masks: MaskScaler.Output
  ) {
    scaler = MaskScaler(geometry, size: geometry.displaySize, output: masks)
    self.writer = consume writer
  }

  /// Writes a mask; audio is left out.
  public func write(_ item: SegmentedItem) throws {
    guard case .frame(let frame) = item else { return }
    let mask = scaler.mask(from: frame.probabilities)
    try writer?.write(mask.frame(timestamp: frame.picture.timestamp))
  }

  /// Completes the file or stream.
  public func finish() throws { try writer.take()?.finish() }
}
