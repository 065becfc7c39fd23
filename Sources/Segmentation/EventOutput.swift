import Foundation
public import Media

/// What is in the masks, as a line of JSON per picture; `Docs/events.md` describes it. Memory does not
/// grow.
public final class EventOutput: SegmentationOutput {
  private let geometry: InputGeometry
  private let minimumArea: Double
  private let scaler: MaskScaler
  private var tracker: ObjectTracker
  private var scene = 0
  // Nil once finished.
  private var output: TextOutput?

  /// Makes an output for the masks of pictures laid out by `geometry`.
  /// - Parameters:
  ///   - threshold: the probability above which a pixel is foreground.
  ///   - minimumArea: the share of the picture, 0…1, that makes a part of the mask an object.
  public init(
    _ output: consuming TextOutput, geometry: InputGeometry, threshold: Float, minimumArea: Double
  ) {
    self.geometry = geometry
    self.minimumArea = minimumArea
    // Objects are looked for in the size that the network sees: more pixels would tell nothing more.
    scaler = MaskScaler(
      geometry, size: geometry.scaledSize, output: .binary(threshold: threshold))
    tracker = ObjectTracker(size: geometry.scaledSize)
    self.output = consume output
  }

  /// Writes the line of a picture; audio is left out.
  public func write(_ item: SegmentedItem) throws {
    guard case .frame(let frame) = item else { return }
    try output?.write(line: line(frame))
  }

  /// Closes the file.
  public func finish() { output = nil }

  private func line(_ frame: SegmentedFrame) -> String {
    let mask = scaler.mask(from: frame.probabilities)
    let pixels = Double(mask.pixels.count)
    let components = mask.components().filter { Double($0.area) >= minimumArea * pixels }
    // Its first frame may have been left out.
    if frame.scene != scene { tracker.beginScene() }
    scene = frame.scene
    let update = tracker.update(components)
    let objects = zip(components, update.ids).map { component, id in
      let (columns, rows) = component.box
      let left = displayed(x: Double(columns.lowerBound)).rounded()
      let top = displayed(y: Double(rows.lowerBound)).rounded()
      let width = displayed(x: Double(columns.upperBound)).rounded() - left
      let height = displayed(y: Double(rows.upperBound)).rounded() - top
      let (x, y) = component.centroid
      let box = "[\(Int(left)),\(Int(top)),\(Int(width)),\(Int(height))]"
      return #"{"id":\#(id),"box":\#(box),"area":\#(decimal(Double(component.area) / pixels, 5))"#
        + #","centroid":[\#(decimal(displayed(x: x), 1)),\#(decimal(displayed(y: y), 1))]}"#
    }
    let time = frame.picture.timestamp.map { decimal($0.seconds, 6) } ?? "null"
    let confidence = frame.disagreement.map { decimal(1 - Double($0), 4) } ?? "null"
    let area = decimal(Double(mask.area) / pixels, 5)
    return #"{"frame":\#(frame.index),"pts":\#(time),"area":\#(area)"#
      + #","confidence":\#(confidence),"objects":[\#(objects.joined(separator: ","))]"#
      + #","appear":\#(list(update.appeared)),"vanish":\#(list(update.vanished))}"#
  }

  private func displayed(x: Double) -> Double {
    x * Double(geometry.displaySize.width) / Double(geometry.scaledSize.width)
  }

  private func displayed(y: Double) -> Double {
    y * Double(geometry.displaySize.height) / Double(geometry.scaledSize.height)
  }

  private func decimal(_ value: Double, _ places: Int) -> String {
    String(format: "%.\(places)f", value)
  }

  private func list(_ ids: [Int]) -> String {
    "[\(ids.map(String.init).joined(separator: ","))]"
  }
}
