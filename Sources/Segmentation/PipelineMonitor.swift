import Synchronization

/// Lets others look at a run of the pipeline while it goes on.
public final class PipelineMonitor: Sendable {
  private let state = Mutex(PipelineReport())

  /// Makes a monitor for one run.
  public init() {}

  /// What has happened so far.
  public var report: PipelineReport { state.withLock { $0 } }

  func update(_ change: (inout PipelineReport) -> Void) { state.withLock { change(&$0) } }
}
