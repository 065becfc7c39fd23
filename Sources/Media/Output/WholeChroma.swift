import CFFmpeg
import Foundation

extension VideoFrame {
  /// This picture, one pixel wider or higher if its last chroma samples reach over its edge: H.264
  /// cannot even crop to such sizes. The edge is repeated.
  func extendedToWholeChroma() throws(MediaError) -> VideoFrame {
    guard let layout else { return self }
    let extended = PixelSize(
      width: size.width.roundedUp(toMultipleOf: 1 << layout.chromaShift.x),
      height: size.height.roundedUp(toMultipleOf: 1 << layout.chromaShift.y))
    if extended == size { return self }
    let copy = try VideoFrame.allocate(size: extended, format: pixelFormat)
    av_frame_copy(copy, avFrame)
    av_frame_copy_props(copy, avFrame)
    // Chroma planes have their size already.
    let plane = layout.planes(of: copy, size: extended)[0]
    if extended.width > size.width {
      for y in 0..<size.height {
        let end = plane.base + y * plane.bytesPerRow + size.width * plane.bytesPerSample
        memcpy(end, end - plane.bytesPerSample, plane.bytesPerSample)
      }
    }
    if extended.height > size.height {
      let end = plane.base + size.height * plane.bytesPerRow
      memcpy(end, end - plane.bytesPerRow, plane.bytesPerRow)
    }
    return VideoFrame(owning: copy, timestamp: timestamp)
  }
}

extension Int {
  fileprivate func roundedUp(toMultipleOf step: Int) -> Int { (self + step - 1) / step * step }
}
