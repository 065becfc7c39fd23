/// Several outputs as one.
public final class OutputGroup: SegmentationOutput {
  /// What happens when an output cannot be written any more.
  public enum FailurePolicy: String, CaseIterable, Sendable {
    /// The run ends.
    case fail
    /// The other outputs go on; the run ends with the last one.
    case drop
  }

  private var outputs: [any SegmentationOutput]
  private let policy: FailurePolicy
  private let report: (String) -> Void

  /// - Parameter report: is told in a line each which outputs are dropped.
  public init(
    _ outputs: [any SegmentationOutput], onFailure policy: FailurePolicy,
    report: @escaping (String) -> Void
  ) {
    self.outputs = outputs
    self.policy = policy
    self.report = report
  }

  /// Gives an item to every output.
  /// - Throws: the error of an output, unless it can be dropped.
  public func write(_ item: SegmentedItem) throws {
    for output in outputs {
      do { try output.write(item) } catch {
        guard policy == .drop, outputs.count > 1 else { throw error }
        report("\(error); the other outputs go on")
        outputs.removeAll { $0 === output }
        // What was written before the error is kept.
        try? output.finish()
      }
    }
  }

  /// Finishes every output, also when one fails.
  /// - Throws: the first error, unless other outputs could be finished and failing ones be dropped.
  public func finish() throws {
    var errors: [any Error] = []
    for output in outputs {
      do { try output.finish() } catch { errors.append(error) }
    }
    guard let first = errors.first else { return }
    if policy == .fail || errors.count == outputs.count { throw first }
    for error in errors { report("\(error)") }
  }
}
