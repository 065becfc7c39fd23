import CFFmpeg
import Foundation

/// Numbered files, one per picture, such as `masks/%05d.png`. A file appears whole or not at all.
struct PictureSequence: Sendable {
  private let pattern: String
  private var number: Int32 = 0

  /// - Parameter pattern: a path whose last part has one number pattern in the C manner; counting starts
  ///   from 0.
  /// - Throws: `MediaError` (`unsupported`) if there is no number pattern, or more than one.
  init(pattern: String) throws(MediaError) {
    self.pattern = pattern
    if path(0) == path(1) {
      throw MediaError(
        .unsupported, pattern, "the name of masks needs one number pattern such as %05d")
    }
  }

  /// Makes the folders down to the pictures.
  /// - Throws: `MediaError` (`unwritable`) if no file can be made there.
  func prepare() throws(MediaError) {
    let folder = path(0).folderOfPath
    let name = folder.isEmpty ? "." : folder
    // Failures show when the folder is used.
    try? FileManager.default.createDirectory(atPath: name, withIntermediateDirectories: true)
    if access(name + "/.", W_OK | X_OK) != 0 { throw .output(cff_error(errno), name) }
  }

  /// Writes the next picture, which is encoded as a whole file.
  mutating func write(_ picture: UnsafePointer<AVPacket>) throws(MediaError) {
    let contents = UnsafeRawBufferPointer(
      start: picture.pointee.data, count: Int(picture.pointee.size))
    let path = path(number)
    let unfinished = path + ".part"
    do throws(MediaError) {
      try PictureSequence.create(unfinished, contents)
      if rename(unfinished, path) != 0 { throw .output(cff_error(errno), path) }
    } catch {
      unlink(unfinished)
      throw error
    }
    number += 1
  }

  private static func create(
    _ path: String, _ contents: UnsafeRawBufferPointer
  ) throws(MediaError) {
    guard let file = fopen(path, "w") else { throw .output(cff_error(errno), path) }
    let written = fwrite(contents.baseAddress, 1, contents.count, file)
    let failure = written == contents.count ? 0 : errno
    if fclose(file) != 0 || failure != 0 {
      throw .output(cff_error(failure != 0 ? failure : errno), path)
    }
  }

  private func path(_ number: Int32) -> String {
    // In the folder's name a percent sign is a percent sign.
    let name = (pattern as NSString).lastPathComponent
    return pattern.dropLast(name.count) + numbered(name, number)
  }

  private func numbered(_ name: String, _ number: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) {
      guard let buffer = $0.baseAddress,
        av_get_frame_filename(buffer, PATH_MAX, name, number) >= 0
      else { return name }
      return String(cString: buffer)
    }
  }
}
