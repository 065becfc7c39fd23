import CFFmpeg

/// Converts and cuts decoded sound into the frames that an encoder wants: one AVFilterGraph. Gaps
/// become silence.
struct AudioFilter: ~Copyable {
  /// What comes out.
  struct Target {
    let sampleFormat: AVSampleFormat
    let sampleRate: Int32
    let channelLayout: String
    let samplesPerFrame: Int32
  }

  enum Received {
    /// Lent until the next call; its time is in ticks of one sample.
    case frame(UnsafeMutablePointer<AVFrame>)
    case needsInput
    case end
  }

  /// Owned, and with it `source` and `sink`.
  private let graph: UnsafeMutablePointer<AVFilterGraph>
  private let source: UnsafeMutablePointer<AVFilterContext>
  private let sink: UnsafeMutablePointer<AVFilterContext>
  /// Owned; lent by `receive`.
  private let frame: UnsafeMutablePointer<AVFrame>
  private let input: String
  private let target: Target
  private let location: String

  /// Makes a filter for frames like `frame`, whose times are in `timeBase`.
  init(
    for frame: UnsafeMutablePointer<AVFrame>, timeBase: AVRational, target: Target,
    location: String
  ) throws(MediaError) {
    input = AudioFilter.describe(frame)
    let description = """
      abuffer@source=\(input):time_base=\(timeBase.num)/\(timeBase.den), aresample=async=1, \
      aformat=sample_fmts=\(String(cString: av_get_sample_fmt_name(target.sampleFormat))):\
      sample_rates=\(target.sampleRate):channel_layouts=\(target.channelLayout), \
      asetnsamples=n=\(target.samplesPerFrame):p=0, abuffersink@sink
      """
    var building = avfilter_graph_alloc()
    var sharing = av_frame_alloc()
    var inputs: UnsafeMutablePointer<AVFilterInOut>?
    var outputs: UnsafeMutablePointer<AVFilterInOut>?
    var result = avfilter_graph_parse2(building, description, &inputs, &outputs)
    if result >= 0 { result = avfilter_graph_config(building, nil) }
    avfilter_inout_free(&inputs)
    avfilter_inout_free(&outputs)
    guard result >= 0, let graph = building, let output = sharing,
      let source = avfilter_graph_get_filter(graph, "abuffer@source"),
      let sink = avfilter_graph_get_filter(graph, "abuffersink@sink")
    else {
      avfilter_graph_free(&building)
      av_frame_free(&sharing)
      throw .codec(result, location, "cannot convert sound (\(input))")
    }
    self.graph = graph
    self.source = source
    self.sink = sink
    self.frame = output
    self.target = target
    self.location = location
  }

  deinit {
    var graph: UnsafeMutablePointer<AVFilterGraph>? = graph
    var frame: UnsafeMutablePointer<AVFrame>? = frame
    avfilter_graph_free(&graph)
    av_frame_free(&frame)
  }

  /// Whether a frame is like the one that the filter was made for.
  func accepts(_ frame: UnsafeMutablePointer<AVFrame>) -> Bool {
    AudioFilter.describe(frame) == input
  }

  /// Takes a frame, or nil at the end.
  func send(_ frame: UnsafeMutablePointer<AVFrame>?) throws(MediaError) {
    let result = av_buffersrc_add_frame(source, frame)
    if result < 0 { throw .codec(result, location, "cannot convert sound") }
  }

  func receive() throws(MediaError) -> Received {
    av_frame_unref(frame)
    switch av_buffersink_get_frame(sink, frame) {
    case cff_error(EAGAIN): return .needsInput
    case cff_error_eof(): return .end
    case let result where result < 0:
      throw .codec(result, location, "cannot convert sound")
    default:
      frame.pointee.pts = av_rescale_q(
        frame.pointee.pts, av_buffersink_get_time_base(sink),
        AVRational(num: 1, den: target.sampleRate))
      return .frame(frame)
    }
  }

  /// FFmpeg's name of a channel layout, such as `stereo`; the usual one for the number of channels
  /// if the source does not say.
  static func layoutName(_ layout: UnsafePointer<AVChannelLayout>) -> String {
    var named = AVChannelLayout()
    defer { av_channel_layout_uninit(&named) }
    if layout.pointee.order == AV_CHANNEL_ORDER_UNSPEC {
      av_channel_layout_default(&named, layout.pointee.nb_channels)
    } else {
      av_channel_layout_copy(&named, layout)
    }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) {
      av_channel_layout_describe(&named, $0.baseAddress, $0.count)
      return $0.baseAddress.map { String(cString: $0) } ?? ""
    }
  }

  private static func describe(_ frame: UnsafeMutablePointer<AVFrame>) -> String {
    let format = av_get_sample_fmt_name(AVSampleFormat(frame.pointee.format))
    return "sample_rate=\(frame.pointee.sample_rate)"
      + ":sample_fmt=\(format.map { String(cString: $0) } ?? "none")"
      + ":channel_layout=\(layoutName(&frame.pointee.ch_layout))"
  }
}
