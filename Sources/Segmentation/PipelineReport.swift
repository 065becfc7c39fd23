public import Media

/// What happened in a run of the pipeline. Of constant size, however long the run.
public struct PipelineReport: Sendable {
  /// The seconds each stage worked, as opposed to waiting for its neighbours.
  public struct BusySeconds: Sendable {
    /// Reading and decoding.
    public var decode = 0.0
    /// Scaling to the network's canvas, and looking for cuts.
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
  /// The number of frames left out because the network, or what takes its masks, did not follow.
  public var dropped = 0
  /// The number of frames that outputs left out because they did not follow; the other outputs have
  /// them.
  public var framesLeftOut = 0
  /// The number of times the network ran.
  public var clips = 0
  /// How often a frame did not continue the one before it: cuts, gaps, other formats.
  public var discontinuities = 0
  /// How often the source was lost and found again.
  public var reconnects = 0
  /// Frames that wait for the network now.
  public var framesWaiting = 0
  /// The largest number of frames that waited for the network.
  public var framesWaitingMax = 0
  /// Frames that wait with their masks to be delivered now.
  public var masksWaiting = 0
  /// T_o, the frames that the next clip shares with the last one.
  public var overlap = 0
  /// Seconds from start to end.
  public var elapsedSeconds = 0.0
  /// The work of each stage.
  public var busySeconds = BusySeconds()
  /// The largest `SegmentedFrame.latencyInFrames` of the frames that have a bound.
  public var latencyInFramesMax = 0
  /// Wall-clock time from decoder to delivered mask.
  public var latency = LatencyHistogram()
  /// Wall-clock time from decoder to written mask of outputs with a queue, each for itself: `QueuedOutput`.
  public var queuedLatency = LatencyHistogram()
  /// Why the source ended before its time. All frames that came before it were delivered.
  public var inputError: MediaError?

  /// Wall-clock time from decoder to written mask, whether outputs have queues or not.
  public var writtenLatency: LatencyHistogram { queuedLatency.isEmpty ? latency : queuedLatency }

  /// The same since an earlier report of the run.
  public func writtenLatency(since earlier: PipelineReport) -> LatencyHistogram {
    queuedLatency.isEmpty
      ? latency.since(earlier.latency) : queuedLatency.since(earlier.queuedLatency)
  }

  /// Delivered frames per second.
  public var framesPerSecond: Double {
    elapsedSeconds > 0 ? Double(framesOut) / elapsedSeconds : 0
  }

  mutating func count(_ frame: SegmentedFrame) {
    framesOut += 1
    masksWaiting -= 1
    latency.record(milliseconds: (ContinuousClock.now - frame.arrival) / .milliseconds(1))
    if frame.hasLatencyBound { latencyInFramesMax = max(latencyInFramesMax, frame.latencyInFrames) }
    discontinuities = frame.scene
  }
}
