/// Keeps time running where a stream's clock jumps, as it does where broadcasts or recordings were
/// joined or a sender started anew. All streams are moved alike, so that they stay in sync.
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

  /// What is to be done about a packet, in microseconds.
  struct Correction {
    /// What is to be added to its times.
    var offset: Int64
    /// How far the clock has jumped since the stream's last packet; 0 if it has not.
    var jump: Int64
  }

  /// How a packet's times are to be corrected.
  /// - Parameters:
  ///   - stream: the stream's index.
  ///   - time: when the packet is decoded, in microseconds on the container's clock.
  ///   - duration: of the packet, in microseconds.
  mutating func correction(
    stream index: Int32, time: Int64, duration: Int64
  ) -> Correction {
    var stream = streams[index] ?? Stream(offset: offset, expected: time + offset)
    let distance = time + stream.offset - stream.expected
    // Where it comes to where the others are, the clock goes on and the stream had a pause.
    let hadPause =
      distance > 0
      && streams.contains { other, state in
        other != index && abs(time + stream.offset - state.expected) < 5_000_000
      }
    let hasJumped = isJump(distance) && !hadPause
    if hasJumped {
      if isJump(time + offset - stream.expected) { offset = stream.expected - time }
      stream.offset = offset
    }
    stream.expected = time + stream.offset + duration
    streams[index] = stream
    return Correction(offset: stream.offset, jump: hasJumped ? distance : 0)
  }

  /// Forwards ten seconds: longer than streams are apart, shorter than a break one would want to keep.
  /// Backwards no clock goes, but the lengths of packets may be told too long.
  private func isJump(_ distance: Int64) -> Bool {
    distance > 10_000_000 || distance < -1_000_000
  }
}
