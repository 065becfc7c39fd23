/// Keeps out of messages what gives access: user names and passwords in URLs, the values of their
/// queries, which may be tokens or keys, and the last part of an RTMP address, which is the stream's key.
enum Redaction {
  /// A URL as it may be shown; what is no URL stays as it is.
  static func url(_ text: String) -> String {
    guard let scheme = text.prefixMatch(of: /[A-Za-z][A-Za-z0-9+.\-]*:\/\//) else { return text }
    let rest = text[scheme.range.upperBound...]
    let mark = rest.firstIndex(of: "?") ?? rest.endIndex
    var (place, query) = (rest[..<mark], rest[mark...])
    // To the last @, because in a password that is not encoded there may be some, and question marks.
    if let at = place.lastIndex(of: "@") {
      place = "***@" + place[place.index(after: at)...]
    } else if query.contains("@"), !place.contains("/") {
      return "\(scheme.output)***"
    }
    if scheme.output.lowercased().hasPrefix("rtmp"), let slash = place.lastIndex(of: "/") {
      place = place[...slash] + "***"
    }
    query = query.replacing(/=[^&]*/, with: "=***")
    if !query.isEmpty, !query.contains("=") { query = "?***" }
    return "\(scheme.output)\(place)\(query)"
  }

  /// A message in which URLs may stand.
  static func message(_ text: String) -> String {
    text.replacing(/[A-Za-z][A-Za-z0-9+.\-]*:\/\/[^\s'"]+/) { url(String($0.output)) }
  }
}
