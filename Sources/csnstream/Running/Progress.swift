import ArgumentParser
import Foundation
import Segmentation

/// How `--progress` tells how far a run is.
enum ProgressStyle: String, CaseIterable, ExpressibleByArgument {
  /// A bar if standard error is a terminal, else nothing.
  case auto
  /// Nothing.
  case none
  /// A JSON object per line.
  case json
  /// Lines `key=value`, each block ended by `progress=continue` or `progress=end`, as `ffmpeg
  /// -progress` writes them.
  case ffmpeg
}

/// Tells on standard error how far a run is, a few times a second at most.
struct Progress {
  private let style: ProgressStyle
  private let expectedFrames: Int?
  private let start = ContinuousClock.now
  private var lastReport = ContinuousClock.now
  private var frames = 0
  /// Frames whose masks are ready, written or not: a clip makes several at once, which counts where a
  /// clip takes minutes.
  private var readyFrames = 0
  /// The presentation time of the last frame, in seconds.
  private var position = 0.0
  private var dropped = 0

  /// - Parameter expectedFrames: how many will come, if that is known.
  init(_ style: ProgressStyle, expectedFrames: Int?) {
    self.style = style == .auto && !Console.isTerminal ? .none : style
    self.expectedFrames = expectedFrames
  }

  /// Takes note of a frame that was written.
  /// - Parameters:
  ///   - seconds: its presentation time.
  ///   - state: how the run goes; asked for when it is time to tell.
  mutating func count(seconds: Double?, state: @autoclosure () -> PipelineReport) {
    frames += 1
    position = seconds ?? position
    let interval: Duration = style == .auto ? .milliseconds(200) : .seconds(1)
    guard style != .none, ContinuousClock.now - lastReport >= interval else { return }
    lastReport = ContinuousClock.now
    let state = state()
    dropped = state.dropped
    // The frame itself is counted as waiting until this returns.
    readyFrames = max(frames, frames - 1 + state.masksWaiting)
    report(isEnd: false)
  }

  /// Tells the end.
  mutating func finish(dropped: Int) {
    self.dropped = dropped
    readyFrames = frames
    if style != .none { report(isEnd: true) }
  }

  /// Ends the bar's line, so that a message can follow.
  func abandon() { if style == .auto && frames > 0 { Console.say("") } }

  private func report(isEnd: Bool) {
    let elapsed = (ContinuousClock.now - start) / .seconds(1)
    let fps = elapsed > 0 ? Double(readyFrames) / elapsed : 0
    // An estimate from the container may be low.
    let expected = expectedFrames.map { max($0, readyFrames) }
    let remaining = expected.map { fps > 0 ? Double($0 - readyFrames) / fps : 0 }
    switch style {
    case .none: break
    case .auto:
      let bar = Self.bar(
        frames: frames, expected: isEnd ? frames : expected, fps: fps,
        remaining: isEnd ? nil : remaining)
      let loss = dropped > 0 ? "  \(dropped) dropped" : ""
      Console.write("\r\u{1B}[K\(bar)\(loss)\(isEnd ? "\n" : "")")
    case .json:
      let total = expected.map { ",\"frames\":\($0)" } ?? ""
      let eta = remaining.map { String(format: ",\"eta_seconds\":%.1f", $0) } ?? ""
      Console.say(
        String(format: "{\"frame\":\(frames)%@,\"fps\":%.2f,\"seconds\":%.3f", total, fps, position)
          + "\(eta),\"dropped\":\(dropped),\"end\":\(isEnd)}")
    case .ffmpeg:
      Console.say(
        """
        frame=\(frames)
        fps=\(String(format: "%.2f", fps))
        out_time_us=\(Int(position * 1_000_000))
        drop_frames=\(dropped)
        progress=\(isEnd ? "end" : "continue")
        """)
    }
  }

  private static func bar(
    frames: Int, expected: Int?, fps: Double, remaining: Double?
  ) -> String {
    let speed = String(format: "%.1f fps", fps)
    guard let expected, expected > 0 else { return "\(frames) frames  \(speed)" }
    let share = Double(frames) / Double(expected)
    let filled = Int(share * 30)
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
    let eta = remaining.map { left in
      let seconds = Int(left.rounded())
      return String(format: "  ETA %d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
    return String(format: "%3.0f %% ", share * 100) + "\(bar)  \(frames)/\(expected)  \(speed)"
      + (eta ?? "")
  }
}
