import Foundation
import Segmentation

/// What `--stats-interval` writes: one object per interval, on a line.
struct IntervalStatistics: Encodable {
  /// Frames waiting: for the network, and with their masks to be written.
  struct Queues: Encodable {
    let network: Int
    let output: Int
  }

  /// Seconds from the start to the last mask delivered.
  let seconds: Double
  /// Since the start.
  let framesIn: Int
  let framesOut: Int
  let dropped: Int
  let leftOut: Int
  let discontinuities: Int
  let reconnects: Int
  /// Of this interval: delivered frames per second and milliseconds from decoder to written mask.
  let fps: Double
  let latencyMs: RunStatistics.Latency
  /// Now.
  let queues: Queues
  let overlap: Int
  let rssBytes: Int

  /// - Parameters:
  ///   - earlier: the report of the time when the interval began.
  ///   - intervalSeconds: its length.
  init(_ report: PipelineReport, since earlier: PipelineReport, intervalSeconds: Double) {
    seconds = report.elapsedSeconds
    framesIn = report.framesIn
    framesOut = report.framesOut
    dropped = report.dropped
    leftOut = report.framesLeftOut
    discontinuities = report.discontinuities
    reconnects = report.reconnects
    fps = Double(report.framesOut - earlier.framesOut) / intervalSeconds
    latencyMs = RunStatistics.Latency(report.writtenLatency(since: earlier))
    queues = Queues(network: report.framesWaiting, output: report.masksWaiting)
    overlap = report.overlap
    rssBytes = ProcessMemory.resident
  }
}

/// Writes the lines of `--stats-interval` while a run goes on.
struct StatisticsLog {
  private let interval: Double
  private let file: FileHandle

  /// - Parameters:
  ///   - interval: seconds from line to line.
  ///   - path: a file to append to; standard error if nil.
  /// - Throws: `Failure` if the file cannot be written.
  init(interval: Double, path: String?) throws(Failure) {
    self.interval = interval
    guard let path else {
      file = .standardError
      return
    }
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw Failure("\(path): cannot write: \(String(cString: strerror(errno)))")
    }
    file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  /// Writes until the task is cancelled.
  /// - Throws: `CancellationError`; an error of the file, such as a full disk.
  func run(_ monitor: PipelineMonitor) async throws {
    var last = monitor.report
    var lastTime = ContinuousClock.now
    while true {
      try await Task.sleep(for: .seconds(interval))
      let report = monitor.report
      let time = ContinuousClock.now
      let line = IntervalStatistics(
        report, since: last, intervalSeconds: (time - lastTime) / .seconds(1))
      try file.write(contentsOf: JSONOutput.line(line))
      (last, lastTime) = (report, time)
    }
  }
}
