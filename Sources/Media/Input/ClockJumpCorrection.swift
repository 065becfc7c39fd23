/// Keeps time running where a stream's clock jumps, as it does where broadcasts or recordings were
/// joined. All streams are moved alike, so that they stay in sync.
struct ClockJumpCorrection {
  /// What is added to all times now, in microseconds.
  private var offset: Int64 = 0
  private var streams: [Int32: Stream] = [:]

  private struct Stream {
    /// What is added to this stream's times: it may reach the jump later than others.
    var offset: Int64
    /// When its next packet is expected, corrected.
    var expected: Int64
  }

  /// What is to be added to a packet's times, in microseconds.
  /// - Parameters:
  ///   - stream: the stream's index.
  ///   - time: when the packet is decoded, in microseconds on the container's clock.
  ///   - duration: of the packet, in microseconds.
  mutating func correction(stream index: Int32, time: Int64, duration: Int64) -> Int64 {
    var stream = streams[index] ?? Stream(offset: offset, expected: time + offset)
    if isJump(from: stream.expected, to: time + stream.offset) {
      if isJump(from: stream.expected, to: time + offset) { offset = stream.expected - time }
      stream.offset = offset
    }
    stream.expected = time + stream.offset + duration
    streams[index] = stream
    return stream.offset
  }

  /// Ten seconds: longer than streams are apart, shorter than a break one would want to keep.
  private func isJump(from expected: Int64, to time: Int64) -> Bool {
    abs(time - expected) > 10_000_000
  }
}
