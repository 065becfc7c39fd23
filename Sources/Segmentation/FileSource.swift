public import Media

/// A file, URL or stream as the pipeline's source.
///
/// Invariant that makes it safe to hand to another thread: the pipeline reads from one thread only.
public final class FileSource: FrameSource, @unchecked Sendable {
  private var reader: MediaReader

  /// Takes over a reader.
  public init(_ reader: consuming MediaReader) { self.reader = reader }

  /// The next picture or audio packet, nil at the end.
  public func read() throws(MediaError) -> MediaItem? { try reader.read() }
}
