import Foundation
import Testing

/// Uncompressed video taken apart, to be fed to the program frame by frame.
struct Y4M {
  let header: Data
  /// Each with its own header.
  let frames: [Data]

  /// Makes frames of a moving pattern, 128x96 at 25 Hz.
  init(frameCount: Int, in folder: TestFolder) throws {
    let seconds = Double(frameCount) / 25
    try folder.makeVideo(
      "frames.y4m", source: "size=128x96:rate=25:duration=\(seconds)", options: "-pix_fmt yuv420p")
    let data = try folder.data("frames.y4m")
    header = data[...(try #require(data.firstIndex(of: UInt8(ascii: "\n"))))]
    let bytesPerFrame = "FRAME\n".utf8.count + 128 * 96 * 3 / 2
    frames = stride(from: header.endIndex, to: data.endIndex, by: bytesPerFrame).map {
      data[$0..<$0 + bytesPerFrame]
    }
    try #require(frames.count == frameCount)
  }
}
