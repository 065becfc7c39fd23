import CFFmpeg
import Foundation

extension MediaError {
  /// The failure of a call that writes.
  /// - Parameters:
  ///   - code: FFmpeg's negative error code, or what `cff_error` makes of an errno.
  ///   - reason: it in words.
  static func output(
    _ code: Int32, _ location: String, reason: String? = nil
  ) -> MediaError {
    switch code {
    case cff_error(EPIPE): MediaError(.brokenPipe, location, "its reader has gone")
    default:
      MediaError(.unwritable, location, "cannot write: \(reason ?? FFmpegLog.words(code))")
    }
  }

  /// The failure of a call on a codec.
  /// - Parameter reason: `code` in words.
  static func codec(
    _ code: Int32, _ location: String, _ attempt: String, reason: String? = nil
  ) -> MediaError {
    MediaError(.unsupported, location, "\(attempt): \(reason ?? FFmpegLog.words(code))")
  }
}

/// Lends options to an FFmpeg call, which removes those it knows.
/// - Throws: `MediaError` (`unsupported`) if an option is left over.
func withOptions(
  _ options: [String: String], _ location: String,
  _ body: (inout OpaquePointer?) -> Int32
) throws(MediaError) -> Int32 {
  var dictionary: OpaquePointer?
  defer { av_dict_free(&dictionary) }
  for (name, value) in options { av_dict_set(&dictionary, name, value, 0) }
  let result = body(&dictionary)
  if result >= 0, let unknown = av_dict_get(dictionary, "", nil, AV_DICT_IGNORE_SUFFIX) {
    throw MediaError(
      .unsupported, location, "unknown option \(String(cString: unknown.pointee.key))")
  }
  return result
}
