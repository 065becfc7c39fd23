import Foundation
import Media
import ReferenceData
import Segmentation
import Streaming
import Testing

/// Cuts in real video: the training sequences of DAVIS 2016, which have none.
@Suite(
  .timeLimit(.minutes(5)),
  .enabled(if: SharedFolder.exists, Comment(rawValue: SharedFolder.absent)))
struct CutDetectorTests {
  private static let geometry = InputGeometry(
    displaySize: PixelSize(width: 854, height: 480), shortEdge: 252)

  private static func detector() -> CutDetector {
    CutDetector(
      canvasWidth: geometry.canvasSize.width, left: geometry.left, top: geometry.top,
      width: geometry.scaledSize.width, height: geometry.scaledSize.height)
  }

  /// Calls `body` with each frame of a sequence as the network sees it.
  private static func forEachCanvas(_ folder: String, _ body: (Int, [UInt8]) -> Void) throws {
    var reader = try MediaReader(.imageFolder(folder))
    var scaler = try Scaler(
      canvas: geometry.canvasSize, picture: geometry.scaledSize,
      offset: (geometry.left, geometry.top))
    var index = 0
    while let item = try reader.read() {
      guard case .video(let frame) = item else { continue }
      var canvas = [UInt8](repeating: 0, count: scaler.byteCount)
      try canvas.withUnsafeMutableBytes { try scaler.scale(frame, into: $0) }
      body(index, canvas)
      index += 1
    }
  }

  @Test("no fast motion is taken for a cut, and hardly a splice of two sequences is missed")
  func davis() throws {
    let root = SharedFolder.path("data/davis2016-train/JPEGImages")
    let names = try FileManager.default.contentsOfDirectory(atPath: root).sorted()
    try #require(names.count == 30)
    var alarms: [String] = []
    // A few frames from the middle of each.
    var samples: [[[UInt8]]] = []
    for name in names {
      var detector = Self.detector()
      var sample: [[UInt8]] = []
      try Self.forEachCanvas("\(root)/\(name)") { index, canvas in
        if detector.isCut(canvas) { alarms.append("\(name) \(index)") }
        if (15..<22).contains(index) { sample.append(canvas) }
      }
      samples.append(sample)
    }
    #expect(alarms == [])

    var missed: [String] = []
    for first in names.indices {
      for second in names.indices where second != first {
        var detector = Self.detector()
        for canvas in samples[first] { _ = detector.isCut(canvas) }
        if !detector.isCut(samples[second][0]) { missed.append("\(names[first]) \(names[second])") }
      }
    }
    // One of 870 when this was written.
    #expect(missed.count <= 4, "\(missed)")
  }
}
