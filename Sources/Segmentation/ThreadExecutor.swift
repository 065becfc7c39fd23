import Foundation
import Synchronization

/// Runs the jobs of one pipeline stage on a thread of its own. FFmpeg and the network block, and the
/// shared pool has no more threads than the machine has cores.
final class ThreadExecutor: TaskExecutor, @unchecked Sendable {
  // `jobs` and `isStopped` are only touched with `condition` locked.
  private let condition = NSCondition()
  private var jobs: [UnownedJob] = []
  private var isStopped = false

  init(name: String) {
    let thread = Thread { [self] in
      while let job = next() { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
    thread.name = name
    thread.start()
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    condition.withLock {
      jobs.append(job)
      condition.signal()
    }
  }

  /// Ends the thread once its jobs are done.
  func stop() {
    condition.withLock {
      isStopped = true
      condition.signal()
    }
  }

  private func next() -> UnownedJob? {
    condition.withLock {
      while jobs.isEmpty && !isStopped { condition.wait() }
      return jobs.isEmpty ? nil : jobs.removeFirst()
    }
  }
}
