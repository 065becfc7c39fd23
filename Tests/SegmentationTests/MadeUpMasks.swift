import Foundation
import Media
import Segmentation

/// A rectangle of foreground.
struct Block {
  let x, y, width, height: Int

  init(_ x: Int, _ y: Int, _ width: Int, _ height: Int) {
    (self.x, self.y, self.width, self.height) = (x, y, width, height)
  }
}

/// Pictures that are white in blocks and black elsewhere, at 25 Hz.
final class BlockSource: FrameSource, @unchecked Sendable {
  private let size: PixelSize
  private var pictures: [[Block]]
  private var number: Int64 = 0

  init(size: PixelSize, _ pictures: [[Block]]) {
    self.size = size
    self.pictures = pictures
  }

  func read() throws(MediaError) -> MediaItem? {
    if pictures.isEmpty { return nil }
    let blocks = pictures.removeFirst()
    let time = Timestamp(number, timeBase: Rational(1, 25))
    number += 1
    return .video(
      try VideoFrame.gray(size: size, timestamp: time) { plane in
        for block in blocks {
          for row in block.y..<block.y + block.height {
            memset(plane.base + row * plane.bytesPerRow + block.x, 255, block.width)
          }
        }
      })
  }
}
