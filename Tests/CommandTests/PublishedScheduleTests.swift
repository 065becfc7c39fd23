import Foundation
import Media
import Network
import ReferenceData
import Testing

/// `--schedule published` against the published protocol written down step by step, with nothing of
/// the streaming code: only the decoder, the scaler and the network are the program's.
@Suite(.timeLimit(.minutes(10))) struct PublishedScheduleTests {
  private let source = PixelSize(width: 128, height: 96)
  private let scaled = PixelSize(width: 64, height: 48)
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  @Test(
    "masks are those of the published protocol, frame by frame",
    .enabled(if: SharedFolder.exists, Comment(rawValue: SharedFolder.absent)))
  func masks() throws {
    let frameCount = 13
    let options = "--model 3dcseg-r50 --weights weights.safetensors --precision f32"
    try folder.writeWeights("weights.safetensors", for: .threeDCSegR50)
    try folder.makeVideo("in.mp4", source: "size=128x96:rate=25:duration=0.52")
    try folder.check(
      "XDG_CACHE_HOME=$PWD/cache csnstream in.mp4 --schedule published --input-size 48 \(options)"
        + " --mask masks.gray")
    let masks = try folder.data("masks.gray")
    try #require(masks.count == frameCount * source.width * source.height)

    let frames = try scaledFrames("in.mp4")
    try #require(frames.count == frameCount)
    let pixels = scaled.width * scaled.height
    var sums = Array(repeating: [Double](repeating: 0, count: pixels), count: frameCount)
    var votes = Array(repeating: 0.0, count: frameCount)
    // Clips begin at every multiple of 5; what a clip lacks are copies of its first frame, in front.
    for start in [0, 5, 10] {
      var clip = (start..<min(start + 8, frameCount)).map { $0 }
      while clip.count < 8 { clip.insert(start, at: 0) }
      let logits = try logits(of: clip.map { frames[$0] }, options: options)
      for (position, frame) in clip.enumerated() {
        votes[frame] += 1
        for pixel in 0..<pixels {
          let background = Double(logits[position * pixels + pixel])
          let foreground = Double(logits[(8 + position) * pixels + pixel])
          sums[frame][pixel] += exp(foreground) / (exp(foreground) + exp(background))
        }
      }
    }
    #expect(votes == [1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 7, 2, 2])

    var (wrong, undecided) = (0, 0)
    for (index, value) in masks.enumerated() {
      let (row, column) = (index / source.width, index % source.width)
      let (frame, y) = (row / source.height, row % source.height)
      let average = sums[frame][y / 2 * scaled.width + column / 2] / votes[frame]
      if abs(average - 0.5) < 1e-4 {
        undecided += 1
      } else if value != (average > 0.5 ? 255 : 0) {
        wrong += 1
      }
    }
    #expect(wrong == 0)
    #expect(undecided < masks.count / 100)
    #expect(Set(masks) == [0, 255])
  }

  @Test("lite sees frames of the size it was made for unless told otherwise")
  func defaultSize() throws {
    try folder.makeVideo("in.mp4", source: "size=48x32:rate=25:duration=0.08")
    for (name, options) in [
      ("default", ""), ("252", "--input-size 252"), ("64", "--input-size 64"),
    ] {
      try folder.check("csnstream in.mp4 --soft \(options) --mask \(name).gray")
    }
    #expect(try folder.data("default.gray") == folder.data("252.gray"))
    #expect(try folder.data("default.gray") != folder.data("64.gray"))
  }

  /// Every frame, uint8 [H, W, 3], in half its size.
  private func scaledFrames(_ name: String) throws -> [[UInt8]] {
    var reader = try MediaReader(MediaInput(argument: folder.file(name)))
    var scaler = try Scaler(canvas: scaled, picture: scaled, offset: (0, 0))
    var frames: [[UInt8]] = []
    while let item = try reader.read() {
      guard case .video(let frame) = item else { continue }
      var pixels = [UInt8](repeating: 0, count: scaler.byteCount)
      try pixels.withUnsafeMutableBytes { try scaler.scale(frame, into: $0) }
      frames.append(pixels)
    }
    return frames
  }

  /// [2, T, H, W] of one clip.
  private func logits(of frames: [[UInt8]], options: String) throws -> [Float] {
    let planar = (0..<3).flatMap { channel in
      frames.flatMap { frame in
        stride(from: channel, to: frame.count, by: 3).map { frame[$0] }
      }
    }
    try folder.writeClip(
      "clip.safetensors", planar, shape: [3, frames.count, scaled.height, scaled.width])
    try folder.check(
      "XDG_CACHE_HOME=$PWD/cache csnstream infer --input clip.safetensors"
        + " --output out.safetensors -y \(options)")
    return try folder.result("logits", of: "out.safetensors").numbers
  }
}
