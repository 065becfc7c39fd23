/// The last T_c frames, 8-bit, at the size the network sees. Memory is taken once.
public struct FrameRing: Sendable {
  /// The number of frames held at most.
  public let capacity: Int
  /// The size of a frame in bytes, such as height × width × 3 for packed RGB.
  public let bytesPerFrame: Int
  /// The number of frames appended so far; the last `capacity` of them are held.
  public private(set) var frameCount = 0
  private var storage: [UInt8]

  /// Makes an empty ring.
  public init(capacity: Int, bytesPerFrame: Int) {
    precondition(capacity > 0 && bytesPerFrame > 0)
    self.capacity = capacity
    self.bytesPerFrame = bytesPerFrame
    storage = Array(repeating: 0, count: capacity * bytesPerFrame)
  }

  /// Adds a frame of `bytesPerFrame` bytes, in place of the oldest if the ring is full.
  public mutating func append(_ frame: [UInt8]) {
    precondition(frame.count == bytesPerFrame)
    let offset = frameCount % capacity * bytesPerFrame
    storage.withUnsafeMutableBytes { storage in
      frame.withUnsafeBytes { storage[offset..<offset + bytesPerFrame].copyBytes(from: $0) }
    }
    frameCount += 1
  }

  /// Writes frames one after another: [frames, bytesPerFrame].
  /// - Parameters:
  ///   - frames: indices of frames still held; they may repeat.
  ///   - destination: `frames.count * bytesPerFrame` bytes.
  public func copy(_ frames: [Int], to destination: inout MutableSpan<UInt8>) {
    precondition(destination.count == frames.count * bytesPerFrame)
    destination.withUnsafeMutableBytes { destination in
      storage.withUnsafeBytes { storage in
        for (position, frame) in frames.enumerated() {
          precondition(frame < frameCount && frame >= frameCount - capacity)
          let offset = frame % capacity * bytesPerFrame
          destination[(position * bytesPerFrame)..<((position + 1) * bytesPerFrame)]
            .copyBytes(from: storage[offset..<offset + bytesPerFrame])
        }
      }
    }
  }
}
