import Streaming
import Testing

@Suite struct FrameQueueTests {
  private typealias Queue = FrameQueue<Int, String>

  /// Everything that waits, frames as numbers.
  private func contents(_ queue: Queue) -> [String] {
    var queue = queue
    var contents: [String] = []
    while let item = queue.popFirst() {
      switch item {
      case .frame(let frame): contents.append("\(frame)")
      case .other(let other): contents.append(other)
      }
    }
    return contents
  }

  @Test(
    "a full queue of frames does what its policy says, and never loses anything else",
    arguments: [
      (DropPolicy.oldest, ["a", "b", "2", "c", "3", "4"], 2),
      (DropPolicy.latest, ["a", "b", "c", "3", "4"], 3),
    ])
  func drops(policy: DropPolicy, left: [String], dropped: Int) {
    var queue = Queue(capacity: 3, policy: policy)
    var count = 0
    for item: QueuedItem<Int, String> in [
      .frame(0), .other("a"), .frame(1), .other("b"), .frame(2), .other("c"), .frame(3), .frame(4),
    ] {
      #expect(!queue.isFull)
      count += queue.append(item)
    }
    #expect(contents(queue) == left)
    #expect(count == dropped)
    #expect(queue.frameCount == left.compactMap { Int($0) }.count)
  }

  @Test("without dropping a queue is full once as many frames wait as it holds")
  func fills() {
    var queue = Queue(capacity: 2, policy: .none)
    #expect(queue.append(.frame(0)) == 0)
    #expect(queue.append(.other("a")) == 0)
    #expect(!queue.isFull)
    #expect(queue.append(.frame(1)) == 0)
    #expect(queue.isFull)
    #expect(queue.popFirst() == .frame(0))
    #expect(!queue.isFull)
    #expect(contents(queue) == ["a", "1"])
  }

  @Test("no more frames wait than the capacity, and order is kept", arguments: DropPolicy.allCases)
  func bounded(policy: DropPolicy) {
    var generator = SeededGenerator(state: 3)
    for capacity in 1...9 {
      var queue = Queue(capacity: capacity, policy: policy)
      var (appended, dropped, taken) = (0, 0, [Int]())
      for _ in 0..<2000 {
        if Bool.random(using: &generator), !queue.isFull {
          dropped += queue.append(.frame(appended))
          appended += 1
        } else if case .frame(let frame) = queue.popFirst() {
          taken.append(frame)
        }
        #expect(queue.frameCount <= capacity)
      }
      #expect(taken == taken.sorted() && Set(taken).count == taken.count)
      #expect(taken.count + dropped + queue.frameCount == appended)
      #expect((dropped == 0) == (policy == .none))
    }
  }

  @Test("a reader that has stopped fills the queue with what is not dropped, in the end")
  func others() {
    var queue = Queue(capacity: 1, policy: .latest)
    var count = 0
    while !queue.isFull {
      _ = queue.append(.other("sound"))
      count += 1
      if count > 100_000 { break }
    }
    #expect((500...10_000).contains(count))
  }
}
