/// What happens to frames that come faster than they are taken.
public enum DropPolicy: String, CaseIterable, Sendable {
  /// None is lost: the source waits until there is room.
  case none
  /// The frame that has waited longest makes room for the new one.
  case oldest
  /// All frames that wait make room for the new one, the latest.
  case latest
}

/// What a `FrameQueue` holds: frames, and what comes between them.
public enum QueuedItem<Frame: Sendable, Other: Sendable>: Sendable {
  /// May be dropped.
  case frame(Frame)
  /// Is never dropped: a packet of audio, a discontinuity.
  case other(Other)

  var isFrame: Bool { if case .frame = self { true } else { false } }
}

extension QueuedItem: Equatable where Frame: Equatable, Other: Equatable {}

/// Frames and other items that wait, in order, with a bound on the number of frames that wait.
public struct FrameQueue<Frame: Sendable, Other: Sendable>: Sendable {
  /// The number of frames that wait at most, at least 1.
  public let capacity: Int
  /// What happens to a frame beyond that.
  public let policy: DropPolicy
  /// The number of frames that wait.
  public private(set) var frameCount = 0
  private var items: [QueuedItem<Frame, Other>] = []
  /// The number of other items from which on the queue is full in any case, so that memory does not
  /// grow behind a reader that has stopped: some twenty seconds of audio.
  private let otherCapacity = 1024

  /// Makes an empty queue.
  public init(capacity: Int, policy: DropPolicy) {
    precondition(capacity > 0)
    self.capacity = capacity
    self.policy = policy
  }

  /// Whether nothing can be appended until something is taken.
  public var isFull: Bool {
    (policy == .none && frameCount == capacity) || items.count - frameCount >= otherCapacity
  }

  /// Adds an item behind the others. The queue must not be full.
  /// - Returns: the number of frames dropped to make room.
  public mutating func append(_ item: QueuedItem<Frame, Other>) -> Int {
    precondition(!isFull)
    var dropped = 0
    if item.isFrame {
      if frameCount == capacity {
        dropped = policy == .latest ? capacity : 1
        drop(dropped)
      }
      frameCount += 1
    }
    items.append(item)
    return dropped
  }

  /// Takes the item that has waited longest; nil if none waits.
  public mutating func popFirst() -> QueuedItem<Frame, Other>? {
    guard !items.isEmpty else { return nil }
    let item = items.removeFirst()
    if item.isFrame { frameCount -= 1 }
    return item
  }

  private mutating func drop(_ count: Int) {
    var left = count
    items.removeAll { item in
      guard left > 0, item.isFrame else { return false }
      left -= 1
      return true
    }
    frameCount -= count
  }
}
