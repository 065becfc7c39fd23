public import Media
import Streaming

/// What happened in a run of the pipeline.
public struct PipelineReport: Sendable {
  /// The seconds each stage worked, as opposed to waiting for its neighbours.
  public struct BusySeconds: Sendable {
    /// Reading and decoding.
    public var decode = 0.0
    /// Scaling to the network's canvas.
    public var scale = 0.0
    /// The network, the ring and the average over clips.
    public var inference = 0.0
    /// What was done with the masks.
    public var output = 0.0
  }

  /// The number of frames decoded.
  public var framesIn = 0
  /// The number of frames delivered.
  public var framesOut = 0
  /// The number of times the network ran.
  public var clips = 0
  /// Seconds from start to end.
  public var elapsedSeconds = 0.0
  /// The work of each stage.
  public var busySeconds = BusySeconds()
  /// The largest `SegmentedFrame.latencyInFrames`; with `Emission.first` without the first clip's.
  public var latencyInFramesMax = 0
  /// Wall-clock time from decoder to delivered mask.
  public var latency = LatencyHistogram()
  /// Why the source ended before its time. All frames that came before it were delivered.
  public var inputError: MediaError?

  /// Delivered frames per second.
  public var framesPerSecond: Double {
    elapsedSeconds > 0 ? Double(framesOut) / elapsedSeconds : 0
  }

  mutating func count(_ frame: SegmentedFrame, settings: ClipSettings) {
    framesOut += 1
    latency.record(milliseconds: (ContinuousClock.now - frame.arrival) / .milliseconds(1))
    if settings.emission == .final || frame.index >= settings.clipLength {
      latencyInFramesMax = max(latencyInFramesMax, frame.latencyInFrames)
    }
  }
}
