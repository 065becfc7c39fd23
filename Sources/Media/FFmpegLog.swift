import CFFmpeg
import Synchronization

/// FFmpeg's own log, kept off the terminal. Its last error line is remembered because it often says
/// more than an error code; so is the last one of each object that is being watched.
enum FFmpegLog {
  private struct Watch {
    let phrases: [String]
    var line: String?
  }

  private struct State {
    var last: String?
    var watches: [UInt: Watch] = [:]
  }

  private static let state = Mutex(State())

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

  /// The last error line since the previous call; nil if there was none.
  static func takeLast() -> String? {
    state.withLock { state in
      defer { state.last = nil }
      return state.last
    }
  }

  /// An FFmpeg error code in words, with the last error line since the previous call.
  static func reason(_ code: Int32) -> String {
    takeLast().map { "\(words(code)) (\($0))" } ?? words(code)
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
    state.withLock { $0.watches[address] = Watch(phrases: phrases) }
  }

  /// Undoes `watch`.
  static func unwatch(_ object: UnsafeRawPointer) {
    let address = UInt(bitPattern: object)
    state.withLock { $0.watches[address] = nil }
  }

  /// The last line remembered of a watched object since the previous call; nil if there was none.
  static func takeLast(of object: UnsafeRawPointer) -> String? {
    let address = UInt(bitPattern: object)
    return state.withLock { state in
      defer { state.watches[address]?.line = nil }
      return state.watches[address]?.line
    }
  }

  /// Whether phrases are looked for in what an object logs; among errors only otherwise.
  private static func watchesWarnings(of address: UInt?) -> Bool {
    guard let address else { return false }
    return state.withLock { $0.watches[address]?.phrases.isEmpty == false }
  }

  private static func record(_ line: String, of address: UInt?, isError: Bool) {
    state.withLock { state in
      if isError { state.last = line }
      guard let address, let phrases = state.watches[address]?.phrases else { return }
      if phrases.isEmpty ? isError : phrases.contains(where: { line.contains($0) }) {
        state.watches[address]?.line = line
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
