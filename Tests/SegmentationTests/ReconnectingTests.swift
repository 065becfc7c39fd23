import Foundation
import Media
import Segmentation
import Synchronization
import Testing

@Suite("Lost inputs", .timeLimit(.minutes(2))) struct ReconnectingTests {
  /// A "camera" that breaks off after ten pictures.
  private let camera = MediaInput.filterGraph("testsrc2=size=64x48:rate=50:duration=0.2")

  private func plan(attempts: Int?, firstDelay: Double = 0.01) -> Reconnection {
    var plan = Reconnection()
    plan.attempts = attempts
    plan.firstDelay = firstDelay
    return plan
  }

  @Test("pictures go on after a loss, later on the same time line") func reopened() throws {
    let messages = Mutex<[String]>([])
    let source = try ReconnectingSource(
      camera, options: InputOptions(), reconnection: plan(attempts: 1),
      interruption: Interruption()
    ) { line in messages.withLock { $0.append(line) } }
    var times: [Double] = []
    var events: [String] = []
    while times.count < 30, let item = try source.read() {
      switch item {
      case .audio: break
      case .video(let frame): try times.append(#require(frame.timestamp).seconds)
      case .discontinuity(.lost): events.append("lost after \(times.count)")
      case .discontinuity(.reconnected(let gap)):
        #expect(gap >= 0.005)
        events.append("back after \(times.count)")
      case .discontinuity(let other): events.append("\(other)")
      }
    }
    // The attempts are counted anew with every picture: one at a time is enough.
    #expect(events == ["lost after 10", "back after 10", "lost after 20", "back after 20"])
    #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
    #expect(
      messages.withLock { $0 }
        == [
          "\(camera.location): has ended; opening it again", "\(camera.location): is open again",
          "\(camera.location): has ended; opening it again", "\(camera.location): is open again",
        ])
  }

  @Test("what is not to be opened again ends") func ends() throws {
    for attempts in [nil, 0] {
      let source = try ReconnectingSource(
        camera, options: InputOptions(), reconnection: plan(attempts: attempts),
        interruption: Interruption()
      ) { _ in }
      var count = 0
      while try source.read() != nil { count += 1 }
      #expect(count == 10)
    }
  }

  @Test("the last attempt's error is told") func givesUp() throws {
    let interruption = Interruption()
    var options = InputOptions()
    options.timeout = 0.1
    let lines = Mutex(0)
    let error = #expect(throws: MediaError.self) {
      _ = try ReconnectingSource(
        .url("tcp://127.0.0.1:1"), options: options, reconnection: plan(attempts: 3),
        interruption: interruption
      ) { _ in lines.withLock { $0 += 1 } }
    }
    #expect(error?.description.contains("refused") == true)
    #expect(lines.withLock { $0 } == 3)
  }

  @Test("an interruption ends the wait before an attempt") func interrupted() throws {
    let interruption = Interruption()
    let source = try ReconnectingSource(
      camera, options: InputOptions(), reconnection: plan(attempts: .max, firstDelay: 1000),
      interruption: interruption
    ) { _ in
      Thread.detachNewThread {
        usleep(100_000)
        interruption.stopReading()
      }
    }
    var count = 0
    while let item = try source.read() { if case .video = item { count += 1 } }
    #expect(count == 10)
  }

  @Test("what is to be read ends although the source is lost") func duration() throws {
    var options = InputOptions()
    options.duration = 0.5
    let source = try ReconnectingSource(
      camera, options: options, reconnection: plan(attempts: .max), interruption: Interruption()
    ) { _ in }
    var last = 0.0
    while let item = try source.read() {
      if case .video(let frame) = item { last = frame.timestamp?.seconds ?? last }
    }
    #expect(last >= 0.18)
  }

  @Test("waits double up to half a minute, less up to a half by chance")
  func delays() {
    let plan = plan(attempts: .max, firstDelay: 1)
    for (attempt, longest) in [(0, 1.0), (1, 2), (3, 8), (5, 30), (10_000, 30)] {
      for _ in 0..<20 { #expect((longest / 2...longest).contains(plan.delay(before: attempt))) }
    }
  }
}
