import CFFmpeg

/// What all pictures of an input are delivered as: what its first one is.
struct PictureShape: Hashable, Sendable {
  let size: PixelSize
  let sampleAspectRatio: Rational
  let format: AVPixelFormat
  /// What its colours mean, and the tags that say so, or do not.
  let matrix: ColorMatrix
  let isFullRange: Bool
  let matrixTag: AVColorSpace
  let rangeTag: AVColorRange

  init(_ frame: VideoFrame) {
    size = frame.size
    sampleAspectRatio = frame.sampleAspectRatio
    format = frame.pixelFormat
    matrix = frame.colorMatrix
    isFullRange = frame.layout?.isFullRange ?? false
    matrixTag = frame.avFrame.pointee.colorspace
    rangeTag = frame.avFrame.pointee.color_range
  }
}

/// How a picture is made to fit a shape that it does not have: scaled to be as large as possible
/// without distortion, in the middle of black borders.
struct Fitting {
  /// The libavfilter filters that do it: names and arguments.
  let filters: [(name: String, arguments: String)]

  /// nil if the picture has the shape.
  /// - Parameters:
  ///   - frame: the stored picture, which `orientation` will turn.
  ///   - format: in which it is delivered otherwise.
  init?(
    of frame: AVFrame, _ orientation: Orientation, format: AVPixelFormat, into shape: PictureShape
  ) {
    var size = PixelSize(width: Int(frame.width), height: Int(frame.height))
    var ratio = Rational(frame.sample_aspect_ratio)
    if !ratio.isPositive { ratio = Rational(1, 1) }
    if orientation.swapsAxes {
      size = PixelSize(width: size.height, height: size.width)
      ratio = Rational(ratio.denominator, ratio.numerator)
    }
    if size == shape.size, ratio == shape.sampleAspectRatio, format == shape.format { return nil }
    // In pixels of the shape.
    let width = Double(size.width) * ratio.doubleValue / shape.sampleAspectRatio.doubleValue
    let height = Double(size.height)
    let factor = min(Double(shape.size.width) / width, Double(shape.size.height) / height)
    let scaledWidth = max(1, Int((width * factor).rounded()))
    let scaledHeight = max(1, Int((height * factor).rounded()))
    var scale = "\(scaledWidth):\(scaledHeight):flags=bicubic+accurate_rnd+full_chroma_int"
    scale += ":out_range=\(shape.isFullRange ? "pc" : "tv")"
    scale += ":out_color_matrix=\(shape.matrix.filterName)"
    let descriptor = av_pix_fmt_desc_get(AVPixelFormat(frame.format))?.pointee
    if let flags = descriptor?.flags, flags & UInt64(AV_PIX_FMT_FLAG_RGB) == 0 {
      scale += ":in_color_matrix=\(ColorMatrix(of: frame).filterName)"
    }
    let borders = "\(shape.size.width):\(shape.size.height):(ow-iw)/2:(oh-ih)/2:black"
    filters = [
      ("scale", scale), ("pad", borders), ("setsar", "\(shape.sampleAspectRatio)"),
    ]
  }
}

extension ColorMatrix {
  /// As libavfilter's `scale` names it.
  fileprivate var filterName: String {
    switch self {
    case .bt601: "smpte170m"
    case .bt709: "bt709"
    case .bt2020: "bt2020"
    }
  }
}
