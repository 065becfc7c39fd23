import CFFmpeg

/// Makes decoded frames upright and gives them a pixel format that can be drawn on: a libavfilter
/// graph. Planar 4:2:0, 4:2:2 and 4:4:4 YUV of 8 or 10 bits is kept, deeper YUV becomes 10-bit,
/// everything else 8-bit 4:2:0. With a shape given, all frames get that. Frames that are fine already
/// pass untouched.
struct FrameFilter: ~Copyable {
  /// What a graph is built for; another frame needs another graph.
  private struct GraphInput: Equatable {
    var width, height: Int32
    var format: AVPixelFormat
    var ratio: Rational
    var matrix: AVColorSpace
    var range: AVColorRange
    var orientation: Orientation
    var shape: PictureShape?

    init(_ frame: AVFrame, _ orientation: Orientation, _ shape: PictureShape?) {
      (width, height) = (frame.width, frame.height)
      format = AVPixelFormat(frame.format)
      ratio = Rational(frame.sample_aspect_ratio)
      (matrix, range) = (frame.colorspace, frame.color_range)
      self.orientation = orientation
      self.shape = shape
    }
  }

  // Not private: Swift 6.3 emits broken code for a private noncopyable type used from other files.
  struct Graph: ~Copyable {
    let pointer: UnsafeMutablePointer<AVFilterGraph> = avfilter_graph_alloc()
    var source: UnsafeMutablePointer<AVFilterContext>?
    var sink: UnsafeMutablePointer<AVFilterContext>?

    deinit {
      var pointer: UnsafeMutablePointer<AVFilterGraph>? = pointer
      avfilter_graph_free(&pointer)
    }
  }

  /// What all frames become; nil before the first one.
  var shape: PictureShape?
  private let location: String
  private var graphInput: GraphInput?
  private var graph: Graph?

  /// Makes a filter; the graph is built when a frame needs one.
  /// - Parameters:
  ///   - shape: what all frames become, if that is settled.
  ///   - location: names the input in errors.
  init(shape: PictureShape?, location: String) {
    self.shape = shape
    self.location = location
  }

  /// The frame, upright, in a format to draw on and in the shape; its other properties are kept.
  mutating func apply(
    _ frame: consuming RawFrame, orientation: Orientation
  ) throws(MediaError) -> RawFrame {
    let format = AVPixelFormat(frame.pointer.pointee.format)
    let conversion = Conversion(of: frame.pointer.pointee)
    let target = conversion?.target ?? format
    let fitting = shape.flatMap {
      Fitting(of: frame.pointer.pointee, orientation, format: target, into: $0)
    }
    if orientation == .upright && conversion == nil && fitting == nil { return frame }
    let graphInput = GraphInput(frame.pointer.pointee, orientation, shape)
    if graphInput != self.graphInput {
      let scaling = fitting?.filters ?? conversion.map { [("scale", $0.scaleArguments)] } ?? []
      let target = fitting == nil ? target : shape?.format ?? target
      graph = try build(for: frame, filters: orientation.filters + scaling, target: target)
      self.graphInput = graphInput
    }
    let output = RawFrame()
    var result = av_buffersrc_add_frame(graph?.source, frame.pointer)
    if result >= 0 { result = av_buffersink_get_frame(graph?.sink, output.pointer) }
    guard result >= 0 else { throw failure(result, format) }
    if fitting != nil, let shape {
      output.pointer.pointee.colorspace = shape.matrixTag
      output.pointer.pointee.color_range = shape.rangeTag
    } else if let colors = conversion?.colors {
      output.pointer.pointee.colorspace = colors.matrix
      output.pointer.pointee.color_range = AVCOL_RANGE_MPEG
    }
    return output
  }

  private func build(
    for frame: borrowing RawFrame, filters: [(name: String, arguments: String)],
    target: AVPixelFormat
  ) throws(MediaError) -> Graph {
    let format = AVPixelFormat(frame.pointer.pointee.format)
    var graph = Graph()
    graph.source = avfilter_graph_alloc_filter(
      graph.pointer, avfilter_get_by_name("buffer"), "source")
    var result = cff_buffersrc_describe(
      graph.source, frame.pointer, AVRational(num: 1, den: AV_TIME_BASE))
    if result >= 0 { result = avfilter_init_str(graph.source, nil) }
    var last = graph.source
    let targetName = String(cString: av_get_pix_fmt_name(target))
    let ending = [("format", targetName), ("buffersink", "")]
    for (name, arguments) in filters + ending where result >= 0 {
      var next: UnsafeMutablePointer<AVFilterContext>?
      result = avfilter_graph_create_filter(
        &next, avfilter_get_by_name(name), name, arguments, nil, graph.pointer)
      if result >= 0 { result = avfilter_link(last, 0, next, 0) }
      last = next
    }
    graph.sink = last
    if result >= 0 { result = avfilter_graph_config(graph.pointer, nil) }
    guard result >= 0 else { throw failure(result, format) }
    return graph
  }

  private func failure(_ result: Int32, _ format: AVPixelFormat) -> MediaError {
    let name = av_get_pix_fmt_name(format).map { String(cString: $0) } ?? "unknown"
    return MediaError(
      .unreadable, location, "cannot convert pixel format \(name): \(FFmpegLog.reason(result))")
  }
}

/// How a pixel format that one cannot draw on is replaced.
private struct Conversion {
  /// What it becomes.
  let target: AVPixelFormat
  /// Arguments of libavfilter's `scale`.
  let scaleArguments: String
  /// How the colours of the result are stored, where the source is not YUV itself.
  let colors: (matrix: AVColorSpace, name: String)?

  /// nil if the frame's format can stay.
  init?(of frame: AVFrame) {
    let format = AVPixelFormat(frame.format)
    guard let descriptor = av_pix_fmt_desc_get(format)?.pointee else { return nil }
    target = Self.target(of: format, descriptor)
    if target == format { return nil }
    let isYUV =
      descriptor.nb_components >= 3
      && descriptor.flags & UInt64(AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL) == 0
    let quality = "flags=bicubic+accurate_rnd+full_chroma_int"
    if isYUV {
      let isFull =
        frame.color_range == AVCOL_RANGE_JPEG
        || String(cString: descriptor.name).hasPrefix("yuvj")
      colors = nil
      scaleArguments = "\(quality):out_range=\(isFull ? "pc" : "tv")"
    } else {
      // The same rule by which untagged YUV is taken; see `VideoFrame.colorMatrix`.
      let colors =
        frame.height >= 720 ? (AVCOL_SPC_BT709, "bt709") : (AVCOL_SPC_SMPTE170M, "smpte170m")
      self.colors = colors
      scaleArguments = "\(quality):out_color_matrix=\(colors.1):out_range=tv"
    }
  }

  private static func target(
    of format: AVPixelFormat, _ descriptor: AVPixFmtDescriptor
  ) -> AVPixelFormat {
    let unsuitable =
      AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_ALPHA | AV_PIX_FMT_FLAG_FLOAT
    guard descriptor.nb_components == 3, av_pix_fmt_count_planes(format) == 3,
      descriptor.flags & UInt64(unsuitable) == 0
    else { return AV_PIX_FMT_YUV420P }
    let isDeep = descriptor.comp.0.depth > 8
    switch (descriptor.log2_chroma_w, descriptor.log2_chroma_h) {
    case (1, 1): return isDeep ? AV_PIX_FMT_YUV420P10LE : format
    case (1, 0): return isDeep ? AV_PIX_FMT_YUV422P10LE : format
    case (0, 0): return isDeep ? AV_PIX_FMT_YUV444P10LE : format
    default: return AV_PIX_FMT_YUV420P
    }
  }
}
