package import CFFmpeg

/// The matrix that turns RGB into YUV.
public enum ColorMatrix: Sendable {
  case bt601, bt709, bt2020

  /// The weights of red and blue in luma (ITU-R BT.601, BT.709, BT.2020).
  public var lumaWeights: (red: Double, blue: Double) {
    switch self {
    case .bt601: (0.299, 0.114)
    case .bt709: (0.2126, 0.0722)
    case .bt2020: (0.2627, 0.0593)
    }
  }
}

/// How the samples of a planar picture are stored: enough to draw on it.
public struct PixelLayout: Sendable {
  /// 1 for gray, 3 for YUV.
  public let planeCount: Int
  /// Significant bits of a sample. Samples above 8 bits are stored in two bytes, in native order.
  public let bitDepth: Int
  /// Chroma planes are 2^shift times narrower and lower than luma, rounded up.
  public let chromaShift: (x: Int, y: Int)
  /// Whether samples use the full range 0…2^bitDepth−1, not the studio range 16…235 and 16…240.
  public let isFullRange: Bool
  /// How colours become YUV.
  public let matrix: ColorMatrix
}

/// One plane of a picture, lent for the duration of a call.
public struct MutablePlane {
  /// The first sample of the first row.
  public let base: UnsafeMutableRawPointer
  /// Samples in a row.
  public let width: Int
  /// Rows.
  public let height: Int
  /// Bytes from one row to the next; at least `width * bytesPerSample`.
  public let bytesPerRow: Int
  /// 1 or 2.
  public let bytesPerSample: Int

  package init(
    of frame: UnsafeMutablePointer<AVFrame>, _ index: Int, size: PixelSize, bytesPerSample: Int
  ) {
    base = UnsafeMutableRawPointer(cff_frame_plane(frame, Int32(index)))
    bytesPerRow = Int(cff_frame_stride(frame, Int32(index)))
    width = size.width
    height = size.height
    self.bytesPerSample = bytesPerSample
  }
}

extension VideoFrame {
  /// How the pixels are stored; nil if they are not planar YUV or gray of 8 to 16 bits, native order.
  public var layout: PixelLayout? {
    guard let descriptor = av_pix_fmt_desc_get(pixelFormat)?.pointee else { return nil }
    let isPlanar =
      descriptor.nb_components == 1 || descriptor.flags & UInt64(AV_PIX_FMT_FLAG_PLANAR) != 0
    let unsupported =
      AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_HWACCEL
      | AV_PIX_FMT_FLAG_BITSTREAM | AV_PIX_FMT_FLAG_FLOAT | AV_PIX_FMT_FLAG_BE
    guard isPlanar, descriptor.flags & UInt64(unsupported) == 0,
      descriptor.nb_components == 1 || descriptor.nb_components == 3,
      av_pix_fmt_count_planes(pixelFormat) == Int32(descriptor.nb_components),
      (8...16).contains(descriptor.comp.0.depth), descriptor.comp.0.shift == 0
    else { return nil }
    return PixelLayout(
      planeCount: Int(descriptor.nb_components),
      bitDepth: Int(descriptor.comp.0.depth),
      chromaShift: (Int(descriptor.log2_chroma_w), Int(descriptor.log2_chroma_h)),
      isFullRange: avFrame.pointee.color_range == AVCOL_RANGE_JPEG
        || String(cString: descriptor.name).hasPrefix("yuvj"),
      matrix: colorMatrix)
  }

  package var colorMatrix: ColorMatrix { ColorMatrix(of: avFrame.pointee) }
}

extension ColorMatrix {
  /// Untagged pictures are taken for BT.709 from 720 rows on, as players do.
  init(of frame: AVFrame) {
    self =
      switch frame.colorspace {
      case AVCOL_SPC_BT709: .bt709
      case AVCOL_SPC_BT470BG, AVCOL_SPC_SMPTE170M, AVCOL_SPC_FCC: .bt601
      case AVCOL_SPC_BT2020_NCL, AVCOL_SPC_BT2020_CL: .bt2020
      default: frame.height >= 720 ? .bt709 : .bt601
      }
  }
}

extension PixelLayout {
  func planes(of frame: UnsafeMutablePointer<AVFrame>, size: PixelSize) -> [MutablePlane] {
    (0..<planeCount).map { index in
      let shift = index == 0 ? (x: 0, y: 0) : chromaShift
      let planeSize = PixelSize(
        width: (size.width + (1 << shift.x) - 1) >> shift.x,
        height: (size.height + (1 << shift.y) - 1) >> shift.y)
      return MutablePlane(of: frame, index, size: planeSize, bytesPerSample: bitDepth > 8 ? 2 : 1)
    }
  }
}
