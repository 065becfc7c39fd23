import Foundation
import Media
import ReferenceData
import Segmentation
import Testing

@Suite(.timeLimit(.minutes(2))) struct EventTests {
  /// The lines about made-up masks.
  func events(
    size: PixelSize = PixelSize(width: 64, height: 32), _ masks: [Block]...
  ) async throws -> [String] {
    let path = NSTemporaryDirectory() + "csnstream-\(UUID().uuidString).ndjson"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let geometry = InputGeometry(displaySize: size, shortEdge: 32)
    var settings = ClipSettings()
    (settings.clipLength, settings.overlap) = (1, 0)
    let pipeline = SegmentationPipeline(
      settings: settings, geometry: geometry,
      engine: FakeEngine(clipLength: 1, canvas: geometry.canvasSize))
    let output = EventOutput(
      try TextOutput(path, interruption: Interruption()), geometry: geometry, threshold: 0.5,
      minimumArea: 0.002)
    _ = try await pipeline.run(
      source: BlockSource(size: size, masks), interruption: Interruption()
    ) { try output.write($0) }
    output.finish()
    return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
  }

  @Test("objects appear, move, join, part and vanish under lasting numbers")
  func golden() async throws {
    let lines = try await events(
      [],
      [Block(2, 2, 10, 10)],
      [Block(5, 2, 10, 10), Block(40, 10, 8, 4)],
      // The first one reaches the second, of which less is left.
      [Block(5, 2, 36, 10)],
      [Block(5, 2, 10, 10), Block(30, 2, 11, 10)],
      [Block(30, 2, 11, 10)])
    #expect(
      lines == [
        #"{"frame":0,"pts":0.000000,"area":0.00000,"confidence":null,"objects":[],"appear":[],"#
          + #""vanish":[]}"#,
        #"{"frame":1,"pts":0.040000,"area":0.04883,"confidence":null,"objects":["#
          + #"{"id":1,"box":[2,2,10,10],"area":0.04883,"centroid":[7.0,7.0]}],"#
          + #""appear":[1],"vanish":[]}"#,
        #"{"frame":2,"pts":0.080000,"area":0.06445,"confidence":null,"objects":["#
          + #"{"id":1,"box":[5,2,10,10],"area":0.04883,"centroid":[10.0,7.0]},"#
          + #"{"id":2,"box":[40,10,8,4],"area":0.01562,"centroid":[44.0,12.0]}],"#
          + #""appear":[2],"vanish":[]}"#,
        #"{"frame":3,"pts":0.120000,"area":0.17578,"confidence":null,"objects":["#
          + #"{"id":1,"box":[5,2,36,10],"area":0.17578,"centroid":[23.0,7.0]}],"#
          + #""appear":[],"vanish":[2]}"#,
        #"{"frame":4,"pts":0.160000,"area":0.10254,"confidence":null,"objects":["#
          + #"{"id":3,"box":[5,2,10,10],"area":0.04883,"centroid":[10.0,7.0]},"#
          + #"{"id":1,"box":[30,2,11,10],"area":0.05371,"centroid":[35.5,7.0]}],"#
          + #""appear":[3],"vanish":[]}"#,
        #"{"frame":5,"pts":0.200000,"area":0.05371,"confidence":null,"objects":["#
          + #"{"id":1,"box":[30,2,11,10],"area":0.05371,"centroid":[35.5,7.0]}],"#
          + #""appear":[],"vanish":[3]}"#,
      ])
  }

  @Test("every line is an object of JSON with the documented keys")
  func json() async throws {
    for line in try await events([Block(2, 2, 10, 10)], [], [Block(4, 4, 3, 3)]) {
      let object = try #require(
        JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      #expect(
        Set(object.keys) == [
          "frame", "pts", "area", "confidence", "objects", "appear", "vanish",
        ])
      for object in try #require(object["objects"] as? [[String: Any]]) {
        #expect(Set(object.keys) == ["id", "box", "area", "centroid"])
      }
    }
  }

  @Test("parts that touch at a corner are one object; specks count as area only")
  func connectivity() async throws {
    let lines = try await events([
      Block(2, 2, 10, 10), Block(12, 12, 10, 10), Block(40, 4, 2, 2),
    ])
    #expect(
      lines == [
        #"{"frame":0,"pts":0.000000,"area":0.09961,"confidence":null,"objects":["#
          + #"{"id":1,"box":[2,2,20,20],"area":0.09766,"centroid":[12.0,12.0]}],"#
          + #""appear":[1],"vanish":[]}"#
      ])
  }

  @Test("places are in pixels of the display, whatever the network sees")
  func displaySize() async throws {
    let lines = try await events(
      size: PixelSize(width: 256, height: 128), [Block(40, 16, 64, 32)])
    #expect(lines.count == 1)
    #expect(lines[0].contains(#""area":0.06250"#))
    #expect(lines[0].contains(#""box":[40,16,64,32]"#))
    #expect(lines[0].contains(#""centroid":[72.0,32.0]"#))
  }

  @Test("finds the same parts as a flood fill, in random masks", arguments: 1...20)
  func floodFill(seed: Int) {
    let size = PixelSize(width: 37, height: 23)
    var generator = SeededGenerator(state: UInt64(seed))
    // From sparse dots to nearly full.
    let pixels = (0..<size.width * size.height).map { _ in
      Int.random(in: 0..<22, using: &generator) < seed ? UInt8(255) : 0
    }
    let components = Mask(size: size, pixels: pixels).components().map { component in
      Set(component.runs.flatMap { run in run.columns.map { run.row * size.width + $0 } })
    }
    #expect(components == flooded(pixels, size))
  }

  /// The connected parts in the order of their first pixels.
  private func flooded(_ pixels: [UInt8], _ size: PixelSize) -> [Set<Int>] {
    var left = Set(pixels.indices.filter { pixels[$0] != 0 })
    var parts: [Set<Int>] = []
    while let first = left.min() {
      var part: Set<Int> = [first]
      var border = [first]
      while let pixel = border.popLast() {
        let (row, column) = (pixel / size.width, pixel % size.width)
        for y in max(0, row - 1)...min(size.height - 1, row + 1) {
          for x in max(0, column - 1)...min(size.width - 1, column + 1) {
            let neighbour = y * size.width + x
            if left.contains(neighbour), part.insert(neighbour).inserted {
              border.append(neighbour)
            }
          }
        }
      }
      left.subtract(part)
      parts.append(part)
    }
    return parts
  }
}
