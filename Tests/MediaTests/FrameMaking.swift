import CFFmpeg
import Foundation
import Media

/// What a test frame is like.
struct Picture {
  var format = "yuv420p"
  var size = PixelSize(width: 64, height: 48)
  var sampleAspectRatio = Rational(1, 1)
  var range = AVCOL_RANGE_UNSPECIFIED
  var matrix = AVCOL_SPC_UNSPECIFIED
  var primaries = AVCOL_PRI_UNSPECIFIED
  var transfer = AVCOL_TRC_UNSPECIFIED

  /// A frame with a smooth pattern that moves with `number`.
  func frame(_ number: Int, at time: Timestamp?) throws -> VideoFrame {
    let frame = av_frame_alloc()!
    frame.pointee.format = av_get_pix_fmt(format).rawValue
    frame.pointee.width = Int32(size.width)
    frame.pointee.height = Int32(size.height)
    frame.pointee.sample_aspect_ratio = sampleAspectRatio.avRational
    frame.pointee.color_range = range
    frame.pointee.colorspace = matrix
    frame.pointee.color_primaries = primaries
    frame.pointee.color_trc = transfer
    av_frame_get_buffer(frame, 0)
    let empty = VideoFrame(owning: frame, timestamp: time)
    let depth = empty.layout?.bitDepth ?? 8
    return try empty.copy { planes in
      for (index, plane) in planes.enumerated() {
        for y in 0..<plane.height {
          for x in 0..<plane.width {
            let value = (40 + x + 2 * y + 5 * number + 30 * index) % 200 + 20
            let row = plane.base + y * plane.bytesPerRow
            if plane.bytesPerSample == 1 {
              row.storeBytes(of: UInt8(value), toByteOffset: x, as: UInt8.self)
            } else {
              row.storeBytes(
                of: UInt16(value << (depth - 8)), toByteOffset: 2 * x, as: UInt16.self)
            }
          }
        }
      }
    }
  }
}
