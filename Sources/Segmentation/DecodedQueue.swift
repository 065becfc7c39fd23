import Foundation
import Media
import Streaming

/// What lies between the pictures that go to the network.
enum Interlude: Sendable {
  /// Passed on as it is.
  case audio(AudioPacket)
  /// The next picture does not continue the last one.
  case sceneBreak
}

/// Joins the threads of the decoder and the network: what is decoded waits here, in order, and is
/// dropped by the policy. One thread appends and one takes.
final class DecodedQueue: @unchecked Sendable {
  typealias Item = QueuedItem<ScaledFrame, Interlude>

  // Everything below is only touched with `condition` locked.
  private let condition = NSCondition()
  private var queue: FrameQueue<ScaledFrame, Interlude>
  private var isClosed = false
  private var droppedSinceLoad = 0

  init(capacity: Int, policy: DropPolicy) { queue = FrameQueue(capacity: capacity, policy: policy) }

  /// The number of frames that wait at most.
  var capacity: Int { condition.withLock { queue.capacity } }

  /// The number of frames that wait.
  var frameCount: Int { condition.withLock { queue.frameCount } }

  /// Adds an item, after waiting for room if need be; once closed, lets it go.
  /// - Returns: the number of frames dropped to make room.
  func append(_ item: Item) -> Int {
    condition.withLock {
      while queue.isFull && !isClosed { condition.wait() }
      if isClosed { return 0 }
      let dropped = queue.append(item)
      droppedSinceLoad += dropped
      condition.signal()
      return dropped
    }
  }

  /// Takes the next item, after waiting for it if need be; nil once closed and empty.
  func next() -> Item? {
    condition.withLock {
      while true {
        if let item = queue.popFirst() {
          condition.signal()
          return item
        }
        if isClosed { return nil }
        condition.wait()
      }
    }
  }

  /// How far the network is behind: the frames that wait and those dropped since the last call.
  func takeLoad() -> Int {
    condition.withLock {
      defer { droppedSinceLoad = 0 }
      return queue.frameCount + droppedSinceLoad
    }
  }

  /// Tells both sides that nothing is appended any more.
  func close() {
    condition.withLock {
      isClosed = true
      condition.signal()
    }
  }
}
