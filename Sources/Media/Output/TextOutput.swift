import CFFmpeg
import Glibc

/// Lines of text to a file, a FIFO or an open descriptor; each is written whole, at once.
///
/// Sendable because it has one owner at a time, which may hand it on.
public struct TextOutput: ~Copyable, @unchecked Sendable {
  private let writer: DescriptorWriter
  private let limit: WriteLimit
  private let location: String

  /// Opens a file, emptying or creating it, or with `-` writes to `descriptor`, which stays open.
  /// - Throws: `MediaError` (`unwritable`, `interrupted`).
  public init(
    _ path: String, descriptor: Int32 = 1, interruption: Interruption
  ) throws(MediaError) {
    limit = WriteLimit(interruption)
    if path == "-" {
      location = OutputSettings.name(of: descriptor)
      writer = DescriptorWriter(descriptor, limit: limit)
    } else {
      location = path
      writer = try DescriptorWriter(path: path, limit: limit)
    }
  }

  /// Writes a line and what ends it.
  /// - Throws: `MediaError` (`unwritable`, `brokenPipe`, `interrupted`).
  public func write(line: String) throws(MediaError) {
    var text = line + "\n"
    let result = text.withUTF8 { writer.write(UnsafeRawBufferPointer($0)) }
    if result == cff_error_exit() { throw limit.error(location) }
    if result < 0 { throw .output(result, location) }
  }
}
