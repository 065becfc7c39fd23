import CFFmpeg
import Foundation

/// What to write and where: a video with sound, or masks.
public struct OutputSettings: Sendable {
  /// The file, URL or folder as messages name it; "standard output" for a stream.
  public let location: String
  let destination: Destination
  let encoding: VideoEncoding

  /// Whether pictures are compressed by x264, which holds many of them in memory.
  public var usesX264: Bool { encoding.encoder == H264Settings.encoder }

  enum Destination: Sendable {
    case container(Container)
    /// One file per frame.
    case pictures(PictureSequence)
  }

  /// A muxer of libavformat with its options, by FFmpeg's names.
  struct Container: Sendable {
    let format: String
    let target: Target
    var options: [String: String] = [:]
    /// Options of the protocol that a URL names.
    var protocolOptions: [String: String] = [:]
    /// Whether packets leave at once, in the order in which they are written.
    var isLive = false
    /// Whether frames carry times; else they follow one another at the rate the header names.
    var hasTimes = true

    /// Whether the header is written when every stream has begun.
    var delaysHeader: Bool { options["movflags"]?.contains("delay_moov") == true }

    /// Whether there is room for sound at all.
    var holdsAudio: Bool { !["yuv4mpegpipe", "rawvideo", "v4l2"].contains(format) }
  }

  enum Target: Sendable {
    /// A file on this machine, a FIFO among them.
    case file(String)
    /// What FFmpeg opens by a protocol or as a device.
    case url(String)
    /// An open file descriptor, flushed after each packet.
    case descriptor(Int32)

    /// A file or URL as the command line names it.
    init(_ argument: String) {
      self = argument.contains("://") ? .url(argument) : .file(argument)
    }

    /// What FFmpeg opens. A file's name may hold colons, which it would take for the end of a
    /// protocol's name.
    var url: String {
      switch self {
      case .file(let path): path.hasPrefix("/") ? path : "./" + path
      case .url(let url): url
      case .descriptor: ""
      }
    }
  }
}

/// What an overlay video is streamed as.
public enum VideoStreamFormat: String, Sendable, CaseIterable {
  /// Bare frames with a text header (YUV4MPEG2), constant rate, without sound.
  case y4m
  /// Bare frames with their times, and sound, in FFmpeg's NUT.
  case nut
  /// H.264 and sound in an MPEG transport stream.
  case mpegts
}

/// What masks are streamed as.
public enum MaskStreamFormat: String, Sendable, CaseIterable {
  /// Gray frames with a text header (YUV4MPEG2, `Cmono`).
  case y4m
  /// Bare 8-bit gray frames, row by row, without any header.
  case gray
}

extension OutputSettings {
  /// A video with sound, in H.264 unless it says otherwise:
  /// - `.mp4`, `.mov`, `.m4v`, `.mkv`, `.ts`, `.flv`, `.nut`: a file. Pictures of odd width or height
  ///   with subsampled chroma become one pixel larger, their edge repeated, as H.264 has no such
  ///   sizes; see `VideoWriter.warnings`.
  /// - whatever `stream` knows.
  /// - Parameters:
  ///   - fragmented: MP4 and MOV are written in fragments of a second at most, so that a file which
  ///     is never finished plays up to the last one; otherwise the index moves to the front at the
  ///     end (faststart).
  ///   - isLive: the pictures come from a live source: no frame waits in the encoder, a keyframe
  ///     comes every second, and `fragmented` is taken for granted.
  /// - Throws: `MediaError` (`unsupported`) for anything else.
  public static func overlay(
    _ argument: String, h264: H264Settings = H264Settings(), fragmented: Bool = false,
    isLive: Bool = false
  ) throws(MediaError) -> OutputSettings {
    let h264 = h264.adapted(isLive: isLive)
    let fragmented = fragmented || isLive
    if let stream = stream(argument, h264: h264, isLive: isLive) { return stream }
    let muxer = av_guess_format(nil, argument, nil)
    guard !argument.contains("://"), let format = muxer.map({ String(cString: $0.pointee.name) }),
      isoFormats.contains(format) || ["matroska", "mpegts", "flv", "nut"].contains(format)
    else {
      throw MediaError(
        .unsupported, argument,
        "video is written to .mp4, .mov, .m4v, .mkv, .ts, .flv, .nut or .m3u8, "
          + "to rtmp, rtsp, udp, tcp or srt URLs, or to /dev/videoN")
    }
    var container = Container(format: format, target: .file(argument), isLive: isLive)
    if format == "mpegts" { container.options = transportOptions }
    if isoFormats.contains(format) {
      // FLAC in MP4 counts as experimental in older versions of FFmpeg.
      container.options = ["movflags": "faststart", "strict": "experimental"]
    }
    if isoFormats.contains(format), fragmented {
      // delay_moov: the header is written with the first fragment, when the start times, which go
      // into edit lists, and the parameters of copied sound are known.
      container.options["movflags"] = "frag_keyframe+empty_moov+delay_moov+default_base_moof"
      container.options["frag_duration"] = "1000000"
    }
    if fragmented { container.options["flush_packets"] = "1" }
    return OutputSettings(
      location: argument, destination: .container(container),
      encoding: h264.encoding(keyframeSeconds: fragmented ? 1 : nil))
  }

  /// The muxers of MP4 and its family: `.mp4`, `.mov`, `.m4v`.
  private static let isoFormats: Set = ["mp4", "mov", "ipod"]

  /// Decoding times come before the first presentation, but transport streams have none below zero:
  /// all times move by twice this delay (in µs), the one that FFmpeg's own tool uses.
  static let transportOptions = ["max_delay": "700000"]

  /// An overlay video to an open file descriptor, flushed frame by frame.
  /// - Parameter isLive: see `overlay`.
  public static func overlayStream(
    _ format: VideoStreamFormat, h264: H264Settings = H264Settings(), descriptor: Int32 = 1,
    isLive: Bool = false
  ) -> OutputSettings {
    let target = Target.descriptor(descriptor)
    var container: Container
    let encoding: VideoEncoding
    switch format {
    case .y4m:
      (container, encoding) = uncompressed(.y4m, to: target)
    case .nut:
      (container, encoding) = (Container(format: "nut", target: target), .raw)
    case .mpegts:
      container = Container(format: "mpegts", target: target, options: transportOptions)
      encoding = h264.adapted(isLive: isLive).encoding()
    }
    container.options["max_interleave_delta"] = longestWaitForSound
    container.isLive = isLive
    return OutputSettings(
      location: name(of: descriptor), destination: .container(container), encoding: encoding)
  }

  /// How long pictures wait at most, in µs, for sound that may not come.
  static let longestWaitForSound = "1000000"

  /// Masks, where and as what `argument` says:
  /// - `masks.mkv`: lossless FFV1;
  /// - `DIR/%05d.png`: one PNG per frame, from 00000, folders created, no file ever half written;
  /// - `masks.y4m`, `masks.gray`: uncompressed, see `MaskStreamFormat`;
  /// - `-`: `streamFormat` to `descriptor`, flushed frame by frame;
  /// - whatever `stream` knows, as gray H.264 in 4:2:0.
  /// - Throws: `MediaError` (`unsupported`) for anything else.
  public static func mask(
    _ argument: String, streamFormat: MaskStreamFormat = .y4m,
    h264: H264Settings = H264Settings(), descriptor: Int32 = 1, isLive: Bool = false
  ) throws(MediaError) -> OutputSettings {
    if let stream = stream(argument, h264: h264, isLive: isLive) { return stream }
    var location = argument
    var container: Container
    let encoding: VideoEncoding
    switch (argument as NSString).pathExtension.lowercased() {
    case _ where argument == "-":
      location = name(of: descriptor)
      (container, encoding) = uncompressed(streamFormat, to: .descriptor(descriptor))
    case "mkv":
      (container, encoding) = (Container(format: "matroska", target: Target(argument)), .ffv1)
      if isLive { container.options["flush_packets"] = "1" }
    case "png":
      return OutputSettings(
        location: argument, destination: .pictures(try PictureSequence(pattern: argument)),
        encoding: .png)
    case let name:
      guard let format = MaskStreamFormat(rawValue: name) else {
        throw MediaError(
          .unsupported, argument,
          "masks are written to NAME.mkv, DIR/%05d.png, NAME.y4m, NAME.gray, NAME.m3u8, "
            + "rtmp, rtsp, udp, tcp or srt URLs, /dev/videoN or -")
      }
      (container, encoding) = uncompressed(format, to: Target(argument))
    }
    container.isLive = isLive
    return OutputSettings(
      location: location, destination: .container(container), encoding: encoding)
  }

  private static func uncompressed(
    _ format: MaskStreamFormat, to target: Target
  ) -> (Container, VideoEncoding) {
    switch format {
    case .y4m:
      // Samples of more than 8 bits are an extension that FFmpeg wants to be asked for.
      (
        Container(
          format: "yuv4mpegpipe", target: target, options: ["strict": "-1"], hasTimes: false),
        .frames
      )
    case .gray:
      (Container(format: "rawvideo", target: target), .raw)
    }
  }

  /// How messages name a descriptor.
  static func name(of descriptor: Int32) -> String {
    descriptor == STDOUT_FILENO ? "standard output" : "file descriptor \(descriptor)"
  }
}
