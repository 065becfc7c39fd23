import Foundation

/// What happens in a run of the pipeline, to be read from anywhere while it happens.
public final class PipelineMonitor: @unchecked Sendable {
  // `current` is only touched with `lock` locked. Not a Mutex, which ThreadSanitizer does not see on
  // Linux.
  private let lock = NSLock()
  private var current = PipelineReport()

  /// To be used for one run.
  public init() {}

  /// What has happened so far.
  public var report: PipelineReport { lock.withLock { current } }

  func update(_ change: (inout PipelineReport) -> Void) { lock.withLock { change(&current) } }
}
