import CFFmpeg

/// Opens a container and finds out about its streams.
func openContext(
  _ source: InputSource, watchdog: Watchdog
) throws(MediaError) -> UnsafeMutablePointer<AVFormatContext> {
  // Devices have to be made known to libavformat; again and again does no harm.
  avdevice_register_all()
  var format: UnsafePointer<AVInputFormat>?
  if let name = source.format {
    format = av_find_input_format(name)
    guard format != nil else {
      throw MediaError(.unsupported, source.location, "this FFmpeg cannot read \(name)")
    }
  }
  var options: OpaquePointer?
  defer { av_dict_free(&options) }
  for (key, value) in source.options { av_dict_set(&options, key, value, 0) }
  let isCamera = source.format == "v4l2"
  var context = avformat_alloc_context()
  context?.pointee.interrupt_callback = watchdog.interruptCallback
  context?.pointee.pb = source.pipe?.io
  // Waiting for a camera's picture cannot be interrupted otherwise.
  if isCamera { context?.pointee.flags |= AVFMT_FLAG_NONBLOCK }
  watchdog.restart()
  defer { watchdog.rest() }
  // On failure this frees the context.
  var result = avformat_open_input(&context, source.url, format, &options)
  guard result >= 0, let opened = context else { throw openingError(result, source, watchdog) }
  // What the demuxer did not take.
  if av_dict_get(options, "framerate", nil, 0) != nil {
    avformat_close_input(&context)
    throw MediaError(
      .unsupported, source.location, "has a frame rate of its own, and no other can be given")
  }
  // A camera has told everything already.
  if isCamera { return opened }
  if source.delivery == .live {
    opened.pointee.max_analyze_duration = 2_000_000
    // The exact rate of frames is not worth a wait for more of them.
    opened.pointee.fps_probe_size = 3
  }
  watchdog.restart()
  result = avformat_find_stream_info(opened, nil)
  guard result >= 0, !watchdog.givesUp else {
    avformat_close_input(&context)
    throw openingError(result, source, watchdog)
  }
  return opened
}

private func openingError(
  _ result: Int32, _ source: InputSource, _ watchdog: Watchdog
) -> MediaError {
  if let error = watchdog.error(.opening, location: source.location) { return error }
  if let pipe = source.pipe, pipe.byteCount == 0,
    result == cff_error_eof() || result == cff_error_invalid_data()
  {
    return MediaError(.unreadable, source.location, "is empty")
  }
  guard result == cff_error_invalid_data() || result == cff_error_eof() else {
    return MediaError(.unreadable, source.location, FFmpegLog.reason(result))
  }
  let detail = FFmpegLog.takeLast().map { " (\($0))" } ?? ""
  return MediaError(
    .unreadable, source.location, "is not a video, or its beginning is damaged\(detail)")
}

/// The best video stream that is not a cover picture.
func findVideo(
  in context: UnsafeMutablePointer<AVFormatContext>
) -> UnsafeMutablePointer<AVStream>? {
  let streams = (0..<Int(context.pointee.nb_streams)).compactMap { context.pointee.streams[$0] }
  let best = av_find_best_stream(context, AVMEDIA_TYPE_VIDEO, -1, -1, nil, 0)
  let candidates = (best >= 0 ? [streams[Int(best)]] : []) + streams
  return candidates.first { stream in
    let parameters = stream.pointee.codecpar.pointee
    return parameters.codec_type == AVMEDIA_TYPE_VIDEO
      && stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC == 0
      && !textArtCodecs.contains(parameters.codec_id)
  }
}

/// Text that FFmpeg would draw as pictures: not what somebody means by a video.
private let textArtCodecs = [
  AV_CODEC_ID_ANSI, AV_CODEC_ID_BINTEXT, AV_CODEC_ID_XBIN, AV_CODEC_ID_IDF,
]

/// A muxer needs at least these parameters.
func isCopyableAudio(_ parameters: UnsafePointer<AVCodecParameters>) -> Bool {
  parameters.pointee.codec_type == AVMEDIA_TYPE_AUDIO
    && parameters.pointee.codec_id != AV_CODEC_ID_NONE && parameters.pointee.sample_rate > 0
}

/// The unit in which a stream's times are given.
func unitOfTimes(of stream: UnsafeMutablePointer<AVStream>, refined: Bool) -> Rational {
  var timeBase = Rational(stream.pointee.time_base)
  if refined, timeBase.doubleValue > 1e-4, timeBase.denominator < 1_000_000 {
    timeBase.denominator *= 1000
  }
  return timeBase
}

/// Whether pictures come at their own pace: then there is neither an end nor a size.
func isLiveSource(
  _ context: UnsafeMutablePointer<AVFormatContext>, _ delivery: InputSource.Delivery
) -> Bool {
  switch delivery {
  case .whenAsked: return false
  case .live: return true
  case .byConnection:
    let hasLength = context.pointee.duration != cff_no_pts() && context.pointee.duration > 0
    let hasSize = !isInSegments(context) && context.pointee.pb.map { avio_size($0) > 0 } ?? false
    return !hasLength && !hasSize
  }
}

/// Whether packets come many at a time, with pauses between.
func isInSegments(_ context: UnsafeMutablePointer<AVFormatContext>) -> Bool {
  ["hls", "dash"].contains(String(cString: context.pointee.iformat.pointee.name))
}
