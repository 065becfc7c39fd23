extension OutputSettings {
  /// A stream or device, where and as what `argument` says:
  /// - `NAME.m3u8`: HLS, in segments of a second. If live, the list holds the last six, and older
  ///   files are deleted; else it holds all.
  /// - `rtmp://` and `rtmps://`: FLV; `rtsp://`: RTSP over TCP; `udp://`, `tcp://` and `srt://`: an
  ///   MPEG transport stream;
  /// - `/dev/videoN`: bare pictures to a device of v4l2loopback.
  ///
  /// Pictures are 4:2:0 of 8 bits, which is all that most players of streams take, and a keyframe
  /// comes every second, so that they can begin soon.
  /// - Returns: nil for any other argument.
  static func stream(_ argument: String, h264: H264Settings, isLive: Bool) -> OutputSettings? {
    guard var container = container(streaming: argument, isLive: isLive) else { return nil }
    var encoding = VideoEncoding.raw
    if container.format != "v4l2" {
      encoding = h264.adapted(isLive: isLive).encoding(keyframeSeconds: 1)
      container.options["max_interleave_delta"] = longestWaitForSound
    }
    encoding.pixelFormat = "yuv420p"
    container.isLive = isLive
    return OutputSettings(
      location: Redaction.url(argument), destination: .container(container), encoding: encoding)
  }

  private static func container(streaming argument: String, isLive: Bool) -> Container? {
    if argument.wholeMatch(of: /\/dev\/video\d+/) != nil {
      return Container(format: "v4l2", target: .url(argument))
    }
    if argument.lowercased().hasSuffix(".m3u8"), !argument.contains("://") {
      var container = Container(format: "hls", target: .file(argument))
      container.options = transportOptions.merging([
        "hls_time": "1", "hls_list_size": isLive ? "6" : "0",
        "hls_flags": "independent_segments+temp_file\(isLive ? "+delete_segments" : "")",
      ]) { $1 }
      return container
    }
    let target = Target.url(argument)
    switch argument.prefix(while: { $0 != ":" }).lowercased() {
    case _ where !argument.contains("://"): return nil
    case "rtmp", "rtmps":
      // The header cannot be gone back to.
      let options = ["flvflags": "no_duration_filesize", "flush_packets": "1"]
      return Container(format: "flv", target: target, options: options)
    case "rtsp":
      return Container(format: "rtsp", target: target, options: ["rtsp_transport": "tcp"])
    case "udp":
      // Whole packets of the transport stream in one datagram.
      return Container(
        format: "mpegts", target: target, options: transportStreamOptions,
        protocolOptions: ["pkt_size": "1316"])
    case "tcp":
      return Container(format: "mpegts", target: target, options: transportStreamOptions)
    case "srt":
      // Closing waits so many seconds for what has not arrived, else the end would be lost.
      return Container(
        format: "mpegts", target: target, options: transportStreamOptions,
        protocolOptions: ["linger": "3"])
    default: return nil
    }
  }

  private static var transportStreamOptions: [String: String] {
    transportOptions.merging(["flush_packets": "1"]) { $1 }
  }
}
