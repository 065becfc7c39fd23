import CFFmpeg

/// The FFmpeg libraries in use.
public enum FFmpegVersion {
  /// Each library with the version that is loaded, such as `libavcodec 59.37.100`.
  public static var libraries: [String] {
    let versions = [
      ("libavformat", avformat_version()), ("libavcodec", avcodec_version()),
      ("libavfilter", avfilter_version()), ("libswscale", swscale_version()),
      ("libavutil", avutil_version()),
    ]
    return versions.map { name, version in
      "\(name) \(version >> 16).\(version >> 8 & 0xFF).\(version & 0xFF)"
    }
  }
}
