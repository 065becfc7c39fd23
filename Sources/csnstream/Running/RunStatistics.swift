import Foundation
import Segmentation

/// What `--stats` writes.
struct RunStatistics: Encodable {
  struct Latency: Encodable {
    let p50: Double
    let p95: Double
    let max: Double

    init(_ latency: LatencyHistogram) {
      p50 = latency.quantile(0.5)
      p95 = latency.quantile(0.95)
      max = latency.maximum
    }
  }

  /// Frames decoded, and frames whose masks went to the outputs.
  let framesIn: Int
  let framesOut: Int
  /// Runs of the network.
  let clips: Int
  /// Delivered frames per second, from the first read to the last delivery.
  let fps: Double
  /// Seconds each stage was busy.
  let stages: [String: Double]
  /// The largest number of newer frames that had been taken when a mask was ready, and its bound;
  /// with `--emit first` without the first clip of each scene.
  let latencyFramesMax: Int
  let latencyFramesBound: Int
  /// Milliseconds from decoder to written mask; of all outputs together where they have queues.
  let latencyMs: Latency
  /// Frames left out because the network, or what takes its masks, did not keep up, and the most that waited for it.
  let dropped: Int
  let queueMax: Int
  /// Frames that live outputs left out because they did not keep up, all of them together.
  let leftOut: Int
  /// Cuts, gaps and changes of format; connections made again.
  let discontinuities: Int
  let reconnects: Int
  /// T_o at the end.
  let overlap: Int
  /// The largest memory the process has held.
  let peakRssBytes: Int

  init(_ report: PipelineReport, settings: ClipSettings) {
    framesIn = report.framesIn
    framesOut = report.framesOut
    clips = report.clips
    fps = report.framesPerSecond
    stages = [
      "decode": report.busySeconds.decode, "scale": report.busySeconds.scale,
      "inference": report.busySeconds.inference, "output": report.busySeconds.output,
    ]
    latencyFramesMax = report.latencyInFramesMax
    latencyFramesBound = settings.latencyBoundInFrames
    latencyMs = Latency(report.writtenLatency)
    dropped = report.dropped
    queueMax = report.framesWaitingMax
    leftOut = report.framesLeftOut
    discontinuities = report.discontinuities
    reconnects = report.reconnects
    overlap = report.overlap
    peakRssBytes = ProcessMemory.peak
  }

  /// Writes the numbers as one JSON object.
  func write(to path: String) throws {
    try OutputFile.write(Array(JSONOutput.data(self)), to: path)
  }
}
