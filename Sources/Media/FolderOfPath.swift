extension String {
  /// The folder part of a path: `a` of `a/b`, `/` of `/b`, nothing of `b`.
  ///
  /// Foundation's `deletingLastPathComponent` traps on names of one character (Swift 6.3 on Linux).
  package var folderOfPath: String {
    guard let slash = lastIndex(of: "/") else { return "" }
    return String(slash == startIndex ? self[...slash] : self[..<slash])
  }
}
