import CFFmpeg
import Glibc

/// The images of a folder as packets of a video stream, one packet a file.
struct ImageFolder {
  /// File name extensions of the images that are read, in lower case.
  static let extensions: Set = [
    "bmp", "jpeg", "jpg", "pbm", "pgm", "png", "ppm", "tif", "tiff", "webp",
  ]

  private let paths: [String]
  private var next = 0

  /// Lists the images of a folder.
  /// - Throws: `unreadable` if the folder cannot be read, has no images or images of several types.
  init(path: String) throws(MediaError) { paths = try ImageFolder.images(in: path) }

  /// The number of images.
  var count: Int { paths.count }

  /// Leaves out images at the beginning.
  mutating func skip(_ count: Int) { next = min(max(0, count), paths.count) }

  /// Reads the next image: its file's bytes, with the place in the folder as time; nil at the end.
  /// - Throws: `damaged` if the file cannot be read; the next call goes on with the next one.
  mutating func nextPacket() throws(MediaError) -> Packet? {
    guard next < paths.count else { return nil }
    let path = paths[next]
    let packet = Packet()
    let result = ImageFolder.read(path, into: packet)
    packet.pointer.pointee.pts = Int64(next)
    packet.pointer.pointee.dts = Int64(next)
    packet.pointer.pointee.flags |= AV_PKT_FLAG_KEY
    next += 1
    let name = path.split(separator: "/").last ?? ""
    guard result >= 0 else {
      throw MediaError(.damaged, path, "\(name): \(FFmpegLog.reason(result))")
    }
    guard packet.pointer.pointee.size > 0 else {
      throw MediaError(.damaged, path, "\(name): is empty")
    }
    return packet
  }

  /// Reads an image's file; returns FFmpeg's error code, negative if it failed.
  static func read(_ path: String, into packet: borrowing Packet) -> Int32 {
    var io: UnsafeMutablePointer<AVIOContext>?
    var result = avio_open(&io, "file:\(path)", AVIO_FLAG_READ)
    if result >= 0 {
      result = av_get_packet(io, packet.pointer, Int32(clamping: avio_size(io)))
      avio_closep(&io)
    }
    return result
  }

  /// The paths of a folder's images, in natural order; at least one.
  static func images(
    in folder: String, where isWanted: (String) -> Bool = { _ in true }
  ) throws(MediaError) -> [String] {
    guard let directory = opendir(folder) else {
      throw MediaError(.unreadable, folder, String(cString: strerror(errno)))
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix("."), extensions.contains(fileExtension(name)), isWanted(name) {
        names.append(name)
      }
    }
    guard !names.isEmpty else { throw MediaError(.unreadable, folder, "has no images") }
    // All images go through one decoder.
    let types = Set(names.map { type(ofExtension: fileExtension($0)) })
    guard types.count == 1 else {
      throw MediaError(
        .unsupported, folder,
        "mixes images of several types: \(types.sorted().joined(separator: ", "))")
    }
    return names.sorted(by: precedesNaturally).map { "\(folder)/\($0)" }
  }

  private static func fileExtension(_ name: String) -> String {
    guard let dot = name.lastIndex(of: ".") else { return "" }
    return name[name.index(after: dot)...].lowercased()
  }

  private static func type(ofExtension name: String) -> String {
    switch name {
    case "jpeg": "jpg"
    case "tiff": "tif"
    default: name
    }
  }
}

/// Whether a name comes before another one when runs of digits are compared as numbers.
func precedesNaturally(_ left: String, _ right: String) -> Bool {
  let (left, right) = (naturalParts(left), naturalParts(right))
  for (a, b) in zip(left, right) where a != b {
    // Longer runs of digits, without leading zeros, are larger numbers.
    if a.first!.isDigit, b.first!.isDigit {
      let (a, b) = (a.drop { $0 == "0" }, b.drop { $0 == "0" })
      if a.count != b.count { return a.count < b.count }
      if a != b { return a < b }
    } else {
      return a < b
    }
  }
  return left.count != right.count ? left.count < right.count : left.joined() < right.joined()
}

/// Splits a name into runs of digits and runs of anything else.
private func naturalParts(_ name: String) -> [String] {
  name.reduce(into: []) { parts, character in
    if let last = parts.last?.last, last.isDigit == character.isDigit {
      parts[parts.count - 1].append(character)
    } else {
      parts.append(String(character))
    }
  }
}

extension Character {
  fileprivate var isDigit: Bool { ("0"..."9").contains(self) }
}
