import Foundation

/// Runs the jobs of one pipeline stage on a thread of its own. FFmpeg and the network block, and the
/// shared pool has no more threads than the machine has cores.
final class ThreadExecutor: TaskExecutor, @unchecked Sendable {
  // `jobs` and `isStopped` are only touched with `condition` locked, `thread` only by the owner.
  private let condition = NSCondition()
  private var jobs: [UnownedJob] = []
  private var isStopped = false
  private var thread = pthread_t()
  private let name: String

  init(name: String) {
    self.name = name
    let work: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { argument in
      if let argument {
        Unmanaged<ThreadExecutor>.fromOpaque(argument).takeRetainedValue().runJobs()
      }
      return nil
    }
    let result = pthread_create(&thread, nil, work, Unmanaged.passRetained(self).toOpaque())
    precondition(result == 0, "cannot start a thread: \(String(cString: strerror(result)))")
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    condition.withLock {
      jobs.append(job)
      condition.signal()
    }
  }

  /// Ends the thread once its jobs are done, and waits until it is gone; to be called once, from
  /// another thread.
  ///
  /// OpenVINO keeps a part of a compiled network for each thread that has run it, and frees that part
  /// when the thread ends. It corrupts memory if the network is freed at the same moment.
  func stop() {
    condition.withLock {
      isStopped = true
      condition.signal()
    }
    pthread_join(thread, nil)
  }

  private func runJobs() {
    Thread.current.name = name
    while let job = next() { job.runSynchronously(on: asUnownedTaskExecutor()) }
  }

  private func next() -> UnownedJob? {
    condition.withLock {
      while jobs.isEmpty && !isStopped { condition.wait() }
      return jobs.isEmpty ? nil : jobs.removeFirst()
    }
  }
}
