import Foundation
public import Media

/// An output on a thread of its own, behind a bounded queue, so that it cannot hold up the others:
/// where it is too slow, frames are left out for it, and counted.
///
/// It ends with `finish`, without which its thread goes on waiting.
///
/// Invariant that makes it safe to share with its thread: `output` is used by that thread only, and
/// what changes is touched with `condition` locked.
public final class QueuedOutput: SegmentationOutput, @unchecked Sendable {
  private let output: any SegmentationOutput
  private let name: String
  private let capacity: Int
  private let interruption: Interruption
  private let monitor: PipelineMonitor
  private let written: @Sendable (SegmentedFrame) -> Void
  private let report: @Sendable (String) -> Void

  private let condition = NSCondition()
  private var queue: [SegmentedItem] = []
  private var queuedFrames = 0
  private var framesIn = 0
  private var framesLeftOut = 0
  private var isSoundLeftOut = false
  private var failure: (any Error)?
  private var isFinishing = false
  private var hasEnded = false

  /// How long `finish` waits, in seconds, for an output that makes no progress.
  private static let patience = 10.0
  /// Sound comes in more pieces than pictures, and takes less memory.
  private static let itemsPerFrame = 50

  /// Takes over an output; nobody else uses it from now on.
  /// - Parameters:
  ///   - name: what messages call it.
  ///   - capacity: the number of frames that may wait; at least as many as come at once.
  ///   - interruption: the output's own; it is aborted if the output does not come to its end.
  ///   - monitor: counts the frames that are left out, and how late the others are.
  ///   - written: is told of every frame that has been written.
  ///   - report: is told in a line each when frames are left out, and how many were.
  public init(
    _ output: any SegmentationOutput, name: String, capacity: Int, interruption: Interruption,
    monitor: PipelineMonitor, written: @escaping @Sendable (SegmentedFrame) -> Void = { _ in },
    report: @escaping @Sendable (String) -> Void
  ) {
    precondition(capacity > 0)
    self.output = output
    self.name = name
    self.capacity = capacity
    self.interruption = interruption
    self.monitor = monitor
    self.written = written
    self.report = report
    let thread = Thread { [self] in writeQueue() }
    thread.name = "output"
    thread.start()
  }

  /// Queues an item, or leaves it out if there is no room for its kind; never waits.
  /// - Throws: what ended the output, once it is closed: nothing need wait for that.
  public func write(_ item: SegmentedItem) throws {
    if try isClosing() { return }
    switch item {
    case .frame:
      let (isLeftOut, isFirst) = condition.withLock {
        let isLeftOut = !append(item, hasRoom: queuedFrames < capacity)
        framesIn += 1
        if isLeftOut { framesLeftOut += 1 } else { queuedFrames += 1 }
        return (isLeftOut, isLeftOut && framesLeftOut == 1)
      }
      if isLeftOut { monitor.update { $0.framesLeftOut += 1 } }
      if isFirst { report("\(name): is too slow; frames are left out") }
    case .audio:
      let isFirst = condition.withLock {
        let isLeftOut = !append(item, hasRoom: queue.count < capacity * Self.itemsPerFrame)
        defer { isSoundLeftOut = isSoundLeftOut || isLeftOut }
        return isLeftOut && !isSoundLeftOut
      }
      if isFirst { report("\(name): is too slow; sound is left out") }
    }
  }

  /// Whether the output has failed and is about to be closed.
  private func isClosing() throws -> Bool {
    try condition.withLock {
      guard let failure else { return false }
      if hasEnded { throw failure }
      return true
    }
  }

  /// - Returns: whether the item is queued.
  private func append(_ item: SegmentedItem, hasRoom: Bool) -> Bool {
    if hasRoom { queue.append(item) }
    condition.broadcast()
    return hasRoom
  }

  /// Waits until the queue is written and the output complete, as long as there is progress.
  /// - Throws: what ended the output.
  public func finish() throws {
    condition.withLock {
      isFinishing = true
      condition.broadcast()
    }
    if !waitForEnd() {
      let failure = condition.withLock { self.failure }
      let noProgress = "cannot write: there was no progress for \(Int(Self.patience)) s"
      interruption.abort()
      _ = waitForEnd()
      condition.withLock { self.failure = failure ?? MediaError(.unwritable, name, noProgress) }
    }
    let (failure, framesIn, framesLeftOut) = condition.withLock {
      (self.failure, self.framesIn, self.framesLeftOut)
    }
    if framesLeftOut > 0 {
      report("\(name): was too slow for \(framesLeftOut) of \(framesIn) frames")
    }
    if let failure { throw failure }
  }

  /// - Returns: false if the end does not come nearer.
  private func waitForEnd() -> Bool {
    condition.withLock {
      while !hasEnded {
        if !condition.wait(until: Date(timeIntervalSinceNow: Self.patience)) { return hasEnded }
      }
      return true
    }
  }

  private func writeQueue() {
    do {
      while let item = next() {
        try output.write(item)
        guard case .frame(let frame) = item else { continue }
        let latency = (ContinuousClock.now - frame.arrival) / .milliseconds(1)
        monitor.update { $0.queuedLatency.record(milliseconds: latency) }
        written(frame)
      }
    } catch {
      fail(error)
    }
    do { try output.finish() } catch { fail(error) }
    condition.withLock {
      hasEnded = true
      condition.broadcast()
    }
  }

  /// The next item; nil once there are no more.
  private func next() -> SegmentedItem? {
    condition.withLock {
      condition.broadcast()
      while queue.isEmpty && !isFinishing { condition.wait() }
      if queue.isEmpty { return nil }
      let item = queue.removeFirst()
      if case .frame = item { queuedFrames -= 1 }
      return item
    }
  }

  private func fail(_ error: any Error) {
    condition.withLock {
      failure = failure ?? error
      queue = []
    }
  }
}
