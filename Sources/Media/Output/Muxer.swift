import CFFmpeg
import Foundation

/// A container that is being written: one AVFormatContext and its I/O.
///
/// Order of calls: `init`, `addStream` for each stream, `writeHeader`, `write` …, `finish`.
struct Muxer: ~Copyable {
  /// Owned.
  private let context: UnsafeMutablePointer<AVFormatContext>
  private let container: OutputSettings.Container
  private let location: String
  /// Present if the output is not one that FFmpeg opened.
  private let descriptorOutput: DescriptorOutput?
  /// Asked by FFmpeg while it waits, so it must live as long as `context`.
  private let limit: WriteLimit
  /// The last decoding time of each stream, in the time base of the container.
  private var lastDecodingTimes: [Int64] = []

  /// Creates the file or opens the URL, so that what cannot be written fails here.
  init(
    _ container: OutputSettings.Container, location: String, interruption: Interruption
  ) throws(MediaError) {
    self.container = container
    self.location = location
    var isDisk = false
    var fifo: String?
    if case .file(let path) = container.target {
      // FFmpeg would wait for the reader of a FIFO for ever.
      fifo = DescriptorWriter.isFIFO(path) ? path : nil
      isDisk = fifo == nil
    }
    var isConnection = false
    if case .url = container.target { isConnection = true }
    limit = WriteLimit(
      interruption, isDisk: isDisk, isLiveConnection: isConnection && container.isLive)
    var writer: DescriptorWriter?
    if let fifo {
      writer = try DescriptorWriter(path: fifo, limit: limit)
    } else if case .descriptor(let descriptor) = container.target {
      writer = DescriptorWriter(descriptor, limit: limit)
    }
    if let writer {
      let output = try DescriptorOutput(writer, location: location)
      context = try Muxer.allocate(container.format, "", location)
      context.pointee.pb = output.context
      context.pointee.flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_FLUSH_PACKETS
      descriptorOutput = consume output
    } else {
      context = try Muxer.open(container, location, limit)
      descriptorOutput = nil
    }
  }

  deinit {
    if descriptorOutput == nil { avio_closep(&context.pointee.pb) }
    avformat_free_context(context)
  }

  private static func allocate(
    _ format: String, _ url: String, _ location: String
  ) throws(MediaError) -> UnsafeMutablePointer<AVFormatContext> {
    avdevice_register_all()
    var context: UnsafeMutablePointer<AVFormatContext>?
    let result = avformat_alloc_output_context2(&context, nil, format, url)
    guard let context else { throw .output(result, location) }
    return context
  }

  private static func open(
    _ container: OutputSettings.Container, _ location: String, _ limit: WriteLimit
  ) throws(MediaError) -> UnsafeMutablePointer<AVFormatContext> {
    let context = try allocate(container.format, container.target.url, location)
    context.pointee.interrupt_callback = limit.interruptCallback
    // Some muxers, such as those of devices, open their output themselves.
    guard context.pointee.oformat.pointee.flags & AVFMT_NOFILE == 0 else { return context }
    limit.begin(.connecting)
    do throws(MediaError) {
      let result = try withOptions(container.protocolOptions, location) { options in
        avio_open2(
          &context.pointee.pb, context.pointee.url, AVIO_FLAG_WRITE,
          &context.pointee.interrupt_callback, &options)
      }
      if result == cff_error_exit() { throw limit.error(location) }
      if result < 0 { throw .output(result, location) }
    } catch {
      avio_closep(&context.pointee.pb)
      avformat_free_context(context)
      throw error
    }
    return context
  }
}

extension Muxer {
  /// Whether parameter sets belong into the header, not before each keyframe.
  var wantsGlobalHeader: Bool {
    context.pointee.oformat.pointee.flags & AVFMT_GLOBALHEADER != 0
  }

  /// Adds a stream; `describe` fills in its parameters.
  /// - Parameter timeBase: what the container should count in, if it can.
  /// - Returns: the index to `write` with.
  mutating func addStream(
    timeBase: AVRational, describe: (UnsafeMutablePointer<AVStream>) -> Int32
  ) throws(MediaError) -> Int {
    guard let stream = avformat_new_stream(context, nil) else {
      throw .output(cff_error(ENOMEM), location)
    }
    stream.pointee.time_base = timeBase
    try check(describe(stream))
    lastDecodingTimes.append(.min)
    return Int(stream.pointee.index)
  }

  /// Writes what comes before the first packet.
  mutating func writeHeader() throws(MediaError) {
    begin(context.pointee.pb == nil ? .connecting : .writing)
    try check(
      withOptions(container.options, location) { avformat_write_header(context, &$0) })
    try checkOutput()
  }

  /// Writes a packet: at once if the container is written live, so that nothing is late; else when
  /// those of the other streams have caught up.
  /// - Parameter packet: left blank; its times are in `timeBase`.
  mutating func write(
    _ packet: UnsafeMutablePointer<AVPacket>, to stream: Int, timeBase: AVRational
  ) throws(MediaError) {
    guard let target = context.pointee.streams[stream] else { return }
    av_packet_rescale_ts(packet, timeBase, target.pointee.time_base)
    packet.pointee.stream_index = Int32(stream)
    packet.pointee.pos = -1
    makeDecodingTimeIncrease(of: packet, in: stream)
    begin(.writing)
    if container.isLive {
      let result = av_write_frame(context, packet)
      av_packet_unref(packet)
      try check(result)
    } else {
      try check(av_interleaved_write_frame(context, packet))
    }
  }

  /// Writes what waits for streams that have sent nothing yet, above all a header that was delayed.
  mutating func flush() throws(MediaError) {
    begin(.writing)
    try check(av_write_frame(context, nil))
  }

  /// Containers want decoding times that increase; those of a damaged source may not, and the ticks
  /// of the container may be too coarse for them.
  private mutating func makeDecodingTimeIncrease(
    of packet: UnsafeMutablePointer<AVPacket>, in stream: Int
  ) {
    let none = cff_no_pts()
    if packet.pointee.dts == none { packet.pointee.dts = packet.pointee.pts }
    let last = lastDecodingTimes[stream]
    if packet.pointee.dts == none || packet.pointee.dts <= last {
      packet.pointee.dts = last == .min ? 0 : last + 1
    }
    if packet.pointee.pts == none || packet.pointee.pts < packet.pointee.dts {
      packet.pointee.pts = packet.pointee.dts
    }
    lastDecodingTimes[stream] = packet.pointee.dts
  }

  /// Writes what is still held back and the trailer, and closes the output.
  consuming func finish() throws(MediaError) {
    begin(.writing)
    try check(av_write_trailer(context))
    try checkOutput()
    if descriptorOutput == nil { try check(avio_closep(&context.pointee.pb)) }
  }

  /// A call is about to be made that may fail, or wait.
  private func begin(_ phase: WriteLimit.Phase) {
    limit.begin(phase)
    FFmpegLog.begin()
  }

  /// FFmpeg keeps some errors of the output to itself.
  private func checkOutput() throws(MediaError) {
    guard let output = context.pointee.pb else { return }
    avio_flush(output)
    try check(output.pointee.error)
  }

  private func check(_ code: Int32) throws(MediaError) {
    if code == cff_error_exit() { throw limit.error(location) }
    if code == cff_error(EPIPE), case .url = container.target {
      throw MediaError(.unwritable, location, "cannot write: the connection was closed")
    }
    if code < 0 { throw .output(code, location, reason: FFmpegLog.reason(code)) }
  }
}
