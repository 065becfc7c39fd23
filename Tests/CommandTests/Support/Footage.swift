import Foundation

extension TestFolder {
  /// Makes a video of a moving pattern with ffmpeg: 128x96 at 25 Hz, 30 frames unless told
  /// otherwise, lossless.
  /// - Parameters:
  ///   - source: the arguments of ffmpeg's `testsrc2`.
  ///   - options: ffmpeg's options for the output.
  func makeVideo(
    _ name: String, source: String = "size=128x96:rate=25:duration=1.2",
    options: String = "-c:v libx264 -preset ultrafast -qp 0"
  ) throws {
    try check("ffmpeg -v error -y -f lavfi -i testsrc2=\(source) \(options) '\(name)'")
  }

  /// The same with a tone beside it.
  func makeVideoWithSound(_ name: String) throws {
    try makeVideo(
      name,
      options: "-f lavfi -i sine=duration=1.2 -c:v libx264 -preset ultrafast -qp 0 -c:a aac")
  }

  /// A checksum of each frame as players show it: upright, in its stored size.
  func frameSums(_ name: String, options: String = "") throws -> [String] {
    try check(
      "ffmpeg -v error -i '\(name)' -map 0:v -fps_mode passthrough \(options) -f framemd5 -"
    )
    .split(separator: "\n").filter { !$0.hasPrefix("#") }
    .map { String($0.split(separator: " ").last ?? "") }
  }

  /// What ffprobe says about each item of a section, such as `frame=pts_time`.
  func probe(_ name: String, _ entries: String, stream: String = "v:0") throws -> [String] {
    try check(
      "ffprobe -v error -select_streams \(stream) -show_entries \(entries) -of csv=p=0 '\(name)'"
    )
    // ffprobe ends lines of sections with side data with a comma.
    .split(separator: "\n").map { $0.hasSuffix(",") ? String($0.dropLast()) : String($0) }
  }

  /// The pixels of the first plane of each frame, as 8-bit gray.
  func luma(_ name: String) throws -> Data {
    try check("ffmpeg -v error -y -i '\(name)' -vf extractplanes=y -f rawvideo luma.raw")
    return try data("luma.raw")
  }
}
