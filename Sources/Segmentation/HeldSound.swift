package import Media

/// Sound that waits until the pictures it belongs to go out, so that it is late by as much as they are.
package struct HeldSound {
  /// In the order in which they came.
  private var packets: [AudioPacket] = []

  package init() {}

  /// More packets than this, some twenty seconds of them, do not wait.
  package static let capacity = 1000

  /// Takes a packet; returns the oldest one if it can wait no longer.
  package mutating func append(_ packet: AudioPacket) -> AudioPacket? {
    packets.append(packet)
    return packets.count > Self.capacity ? packets.removeFirst() : nil
  }

  /// Takes out what begins no later than a picture; everything if the picture has no time.
  package mutating func release(upTo timestamp: Timestamp?) -> [AudioPacket] {
    guard let seconds = timestamp?.seconds else { return releaseAll() }
    let due = packets.filter { $0.timestamp.seconds <= seconds }
    packets.removeAll { $0.timestamp.seconds <= seconds }
    return due
  }

  /// Takes out everything.
  package mutating func releaseAll() -> [AudioPacket] {
    defer { packets = [] }
    return packets
  }
}
