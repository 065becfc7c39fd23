import CFFmpeg
import Foundation
import Synchronization

/// FFmpeg's own log, kept off the terminal. The last error line of each thread is remembered because it
/// often says more than the error code of the call that logged it; so is that of each object that is
/// being watched.
enum FFmpegLog {
  private struct Watch {
    let phrases: [String]
    var error: String?
    var complaint: String?
  }

  private static let watches = Mutex<[UInt: Watch]>([:])

  /// The last error line of this thread.
  private static var last: String? {
    get { Thread.current.threadDictionary["FFmpegLog"] as? String }
    set { Thread.current.threadDictionary["FFmpegLog"] = newValue }
  }

  private static let installed: Void = av_log_set_callback { object, level, format, arguments in
    let level = level & 0xff
    guard level <= AV_LOG_WARNING, let format, let arguments else { return }
    let address = object.map(address)
    // Streams may warn at every packet: what nobody waits for is not even put into words.
    guard level <= AV_LOG_ERROR || watchesWarnings(of: address) else { return }
    var printsPrefix: Int32 = 0
    let line = text(capacity: 512) {
      av_log_format_line2(object, level, format, arguments, $0, Int32($1), &printsPrefix)
    }
    if !line.isEmpty {
      record(Redaction.message(line), of: address, isError: level <= AV_LOG_ERROR)
    }
  }

  /// Takes the log over; whoever calls FFmpeg calls this first.
  static func install() { installed }

  /// The last error line of this thread since the previous call; nil if there was none.
  static func takeLast() -> String? {
    defer { last = nil }
    return last
  }

  /// Forgets what was logged so far, so that `reason` is that of the call that follows.
  static func begin() { last = nil }

  /// An FFmpeg error code in words, with the last error line of this thread since the previous call.
  static func reason(_ code: Int32) -> String { reason(code, takeLast()) }

  /// The same with the last error line of a watched object, whatever threads it has.
  static func reason(_ code: Int32, of object: UnsafeRawPointer) -> String {
    let address = UInt(bitPattern: object)
    return reason(
      code,
      watches.withLock { watches in
        defer { watches[address]?.error = nil }
        return watches[address]?.error
      })
  }

  private static func reason(_ code: Int32, _ line: String?) -> String {
    line.map { "\(words(code)) (\($0))" } ?? words(code)
  }

  /// An FFmpeg error code in words.
  static func words(_ code: Int32) -> String {
    text(capacity: Int(AV_ERROR_MAX_STRING_SIZE)) { av_strerror(code, $0, $1) }
  }

  /// Remembers what one object logs, from now until `unwatch`.
  /// - Parameters:
  ///   - object: an AVFormatContext, or an AVCodecContext whose `opaque` points to itself.
  ///   - phrases: lines, of warnings too, with none of these are passed over; empty for all lines of
  ///     errors.
  static func watch(_ object: UnsafeRawPointer, for phrases: [String] = []) {
    let address = UInt(bitPattern: object)
    watches.withLock { $0[address] = Watch(phrases: phrases) }
  }

  /// Undoes `watch`.
  static func unwatch(_ object: UnsafeRawPointer) {
    let address = UInt(bitPattern: object)
    watches.withLock { $0[address] = nil }
  }

  /// The last line remembered of a watched object since the previous call; nil if there was none.
  static func takeLast(of object: UnsafeRawPointer) -> String? {
    let address = UInt(bitPattern: object)
    return watches.withLock { watches in
      defer { watches[address]?.complaint = nil }
      return watches[address]?.complaint
    }
  }

  /// Whether phrases are looked for in what an object logs; among errors only otherwise.
  private static func watchesWarnings(of address: UInt?) -> Bool {
    guard let address else { return false }
    return watches.withLock { $0[address]?.phrases.isEmpty == false }
  }

  private static func record(_ line: String, of address: UInt?, isError: Bool) {
    if isError { last = line }
    watches.withLock { watches in
      guard let address, let phrases = watches[address]?.phrases else { return }
      if isError { watches[address]?.error = line }
      if phrases.isEmpty ? isError : phrases.contains(where: { line.contains($0) }) {
        watches[address]?.complaint = line
      }
    }
  }

  /// The address by which an object's lines are remembered. Each thread of a decoder logs as an object
  /// of its own; `opaque` is what they have in common.
  private static func address(of object: UnsafeMutableRawPointer) -> UInt {
    let objectClass = object.load(as: UnsafePointer<AVClass>?.self)
    guard objectClass == avcodec_get_class() else { return UInt(bitPattern: object) }
    let codec = object.assumingMemoryBound(to: AVCodecContext.self)
    return UInt(bitPattern: codec.pointee.opaque ?? object)
  }

  /// What a C function writes into a buffer, without spaces and line breaks around it.
  private static func text<R>(
    capacity: Int, write: (UnsafeMutablePointer<CChar>, Int) -> R
  ) -> String {
    let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer in
      buffer.initialize(repeating: 0)
      _ = write(buffer.baseAddress!, capacity)
      return String(cString: buffer.baseAddress!)
    }
    let words = text.split(whereSeparator: \.isWhitespace)
    return words.joined(separator: " ")
  }
}
