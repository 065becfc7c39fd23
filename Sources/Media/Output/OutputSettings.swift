import CFFmpeg
import Foundation

/// What to write and where: a video with sound, or masks.
public struct OutputSettings: Sendable {
  /// The file, URL or folder as messages name it; "standard output" for a stream.
  public let location: String
  let destination: Destination
  let encoding: VideoEncoding

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
    /// Whether frames carry times; else they follow one another at the rate the header names.
    var hasTimes = true

    /// Whether there is room for sound at all.
    var holdsAudio: Bool { !["yuv4mpegpipe", "rawvideo"].contains(format) }
  }

  enum Target: Sendable {
    /// A file or URL that FFmpeg opens.
    case url(String)
    /// An open file descriptor, flushed after each packet.
    case descriptor(Int32)
  }

  /// A file as the command line names it: a local path may hold colons, which FFmpeg would take for
  /// the end of a protocol's name.
  private static func url(_ path: String) -> Target {
    .url(path.contains("://") ? path : "file:" + path)
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
  /// An H.264 video with sound; the container follows the extension: `.mp4`, `.mov`, `.m4v`,
  /// `.mkv`, `.ts`, `.flv` or `.nut`. Pictures of odd width or height with subsampled chroma become one
  /// pixel larger, their edge repeated, as H.264 has no such sizes; see `VideoWriter.warnings`.
  /// - Parameter fragmented: MP4 and MOV are written in fragments of a second at most, so that a
  ///   file which is never finished plays up to the last one; otherwise the index moves to the
  ///   front at the end (faststart).
  /// - Throws: `MediaError` (`unsupported`) for another extension.
  public static func overlay(
    _ path: String, h264: H264Settings = H264Settings(), fragmented: Bool = false
  ) throws(MediaError) -> OutputSettings {
    let muxer = av_guess_format(nil, path, nil)
    guard let format = muxer.map({ String(cString: $0.pointee.name) }),
      isoFormats.contains(format) || ["matroska", "mpegts", "flv", "nut"].contains(format)
    else {
      throw MediaError(
        .unsupported, path, "video is written to .mp4, .mov, .m4v, .mkv, .ts, .flv or .nut")
    }
    var container = Container(format: format, target: url(path))
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
      location: path, destination: .container(container),
      encoding: h264.encoding(keyframeSeconds: fragmented ? 1 : nil))
  }

  /// The muxers of MP4 and its family: `.mp4`, `.mov`, `.m4v`.
  private static let isoFormats: Set = ["mp4", "mov", "ipod"]

  /// Decoding times come before the first presentation, but transport streams have none below zero:
  /// all times move by twice this delay (in µs), the one that FFmpeg's own tool uses.
  private static let transportOptions = ["max_delay": "700000"]

  /// An overlay video to an open file descriptor, flushed frame by frame.
  public static func overlayStream(
    _ format: VideoStreamFormat, h264: H264Settings = H264Settings(), descriptor: Int32 = 1
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
      encoding = h264.encoding()
    }
    // Pictures wait a second (in µs) at most for sound that may not come.
    container.options["max_interleave_delta"] = "1000000"
    return OutputSettings(
      location: name(of: descriptor), destination: .container(container), encoding: encoding)
  }

  /// Masks, where and as what `argument` says:
  /// - `masks.mkv`: lossless FFV1;
  /// - `DIR/%05d.png`: one PNG per frame, from 00000, folders created, no file ever half written;
  /// - `masks.y4m`, `masks.gray`: uncompressed, see `MaskStreamFormat`;
  /// - `-`: `streamFormat` to `descriptor`, flushed frame by frame.
  /// - Throws: `MediaError` (`unsupported`) for anything else.
  public static func mask(
    _ argument: String, streamFormat: MaskStreamFormat = .y4m, descriptor: Int32 = 1
  ) throws(MediaError) -> OutputSettings {
    let location: String
    let container: Container
    let encoding: VideoEncoding
    switch (argument as NSString).pathExtension.lowercased() {
    case _ where argument == "-":
      location = name(of: descriptor)
      (container, encoding) = uncompressed(streamFormat, to: .descriptor(descriptor))
    case "mkv":
      location = argument
      (container, encoding) = (Container(format: "matroska", target: url(argument)), .ffv1)
    case "png":
      return OutputSettings(
        location: argument, destination: .pictures(try PictureSequence(pattern: argument)),
        encoding: .png)
    case let name:
      guard let format = MaskStreamFormat(rawValue: name) else {
        throw MediaError(
          .unsupported, argument,
          "masks are written to NAME.mkv, DIR/%05d.png, NAME.y4m, NAME.gray or -")
      }
      location = argument
      (container, encoding) = uncompressed(format, to: url(argument))
    }
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

  private static func name(of descriptor: Int32) -> String {
    descriptor == STDOUT_FILENO ? "standard output" : "file descriptor \(descriptor)"
  }
}
