import CFFmpeg
import Synchronization

/// FFmpeg's own log, kept off the terminal. Its last error line is remembered because it often says
/// more than an error code; so is the last one of each context that is being watched.
enum FFmpegLog {
  private struct Lines {
    var last: String?
    var watched: [UInt: String?] = [:]
  }

  private static let lines = Mutex(Lines())

  private static let installed: Void = av_log_set_callback { context, level, format, arguments in
    guard level & 0xff <= AV_LOG_ERROR, let format, let arguments else { return }
    var printsPrefix: Int32 = 0
    var buffer = [CChar](repeating: 0, count: 512)
    av_log_format_line2(
      context, level, format, arguments, &buffer, Int32(buffer.count), &printsPrefix)
    let line = String(
      decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self
    )
    .trimmingWhitespace
    guard !line.isEmpty else { return }
    lines.withLock { lines in
      lines.last = line
      let key = UInt(bitPattern: context)
      if lines.watched[key] != nil { lines.watched[key] = .some(line) }
    }
  }

  /// Takes the log over; whoever calls FFmpeg calls this first.
  static func install() { installed }

  /// The last error line since the previous call; nil if there was none.
  static func takeLast() -> String? {
    lines.withLock { lines in
      defer { lines.last = nil }
      return lines.last
    }
  }

  /// Remembers the errors that one FFmpeg object logs, from now until `unwatch`.
  static func watch(_ context: UnsafeMutableRawPointer) {
    lines.withLock { $0.watched[UInt(bitPattern: context)] = .some(nil) }
  }

  /// Undoes `watch`.
  static func unwatch(_ context: UnsafeMutableRawPointer) {
    lines.withLock { $0.watched[UInt(bitPattern: context)] = nil }
  }

  /// The last error line of a watched object since the previous call; nil if there was none.
  static func takeLast(of context: UnsafeMutableRawPointer) -> String? {
    lines.withLock { lines in
      guard let line = lines.watched[UInt(bitPattern: context)] else { return nil }
      lines.watched[UInt(bitPattern: context)] = .some(nil)
      return line
    }
  }

  /// An FFmpeg error code in words, with the last line logged since the previous call.
  static func reason(_ code: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: Int(AV_ERROR_MAX_STRING_SIZE))
    av_strerror(code, &buffer, buffer.count)
    let text = String(
      decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    guard let line = takeLast() else { return text }
    return "\(text) (\(line))"
  }
}

extension String {
  fileprivate var trimmingWhitespace: String {
    let isSpace = { (character: Character) in character.isWhitespace }
    return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
  }
}
