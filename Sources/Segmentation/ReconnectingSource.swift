public import Media

/// How often, and how patiently, a live input that was lost is opened again.
public struct Reconnection: Hashable, Sendable {
  /// The attempts after which to give up, counted anew once a picture has come; `Int.max` for no end
  /// of them. They hold for the first opening too. Where not given, networks and cameras have no end
  /// of them once they were open, and all else has none.
  public var attempts: Int?
  /// Seconds before the first attempt. Each further one waits twice as long, up to half a minute.
  public var firstDelay = 1.0

  /// Makes the default plan.
  public init() {}

  /// How often an input that was open is opened again.
  public func attempts(after input: MediaInput, isLive: Bool) -> Int {
    // An input that is not live has its end, and would begin anew.
    isLive ? attempts ?? (input.canBeLost ? .max : 0) : 0
  }

  /// The seconds to wait before an attempt. Chance takes up to half of them, so that what was lost
  /// together does not come back together.
  /// - Parameter attempt: from 0.
  package func delay(before attempt: Int) -> Double {
    let longest = min(firstDelay * Double(1 << min(attempt, 30)), max(30, firstDelay))
    return longest * .random(in: 0.5...1)
  }
}

extension MediaError {
  /// Whether opening the input again may help.
  fileprivate var isLoss: Bool {
    switch cause {
    case .unreadable, .noVideo, .damaged, .stalled, .lost: true
    default: false
    }
  }
}

/// An input that is opened again when it is lost: when it ends, fails or falls silent. A discontinuity
/// tells so at once; after another one the pictures continue on the same time line.
///
/// Invariant that makes it safe to hand to another thread: the pipeline reads from one thread only.
public final class ReconnectingSource: FrameSource, @unchecked Sendable {
  /// The video stream.
  public let video: VideoInfo
  /// The audio streams whose packets are delivered.
  public let audio: [AudioStream]

  /// Nil while the input is lost.
  private var reader: MediaReader?
  private var continuation: Continuation
  private let reconnection: Reconnection
  private let maximumAttempts: Int
  private let location: String
  private let interruption: Interruption
  private let tell: (String) -> Void
  /// The attempts since the last picture.
  private var attempts = 0
  private var lastLoss = ""

  /// Opens an input.
  /// - Parameters:
  ///   - reconnection: how it is opened again.
  ///   - tell: is told in a line each when the input is lost and when it is back.
  /// - Throws: as `MediaReader` does.
  public init(
    _ input: MediaInput, options: InputOptions, reconnection: Reconnection,
    interruption: Interruption, tell: @escaping (String) -> Void
  ) throws(MediaError) {
    let reader = try Self.open(
      input, options: options, reconnection: reconnection, interruption: interruption, tell: tell)
    video = reader.video
    audio = reader.audio
    continuation = reader.continuation
    maximumAttempts = reconnection.attempts(after: input, isLive: reader.video.isLive)
    self.reconnection = reconnection
    self.reader = consume reader
    location = input.location
    self.interruption = interruption
    self.tell = tell
  }

  private static func open(
    _ input: MediaInput, options: InputOptions, reconnection: Reconnection,
    interruption: Interruption, tell: (String) -> Void
  ) throws(MediaError) -> MediaReader {
    var attempts = 0
    while true {
      do throws(MediaError) {
        return try MediaReader(input, options: options, interruption: interruption)
      } catch {
        guard error.isLoss, attempts < reconnection.attempts ?? 0 else { throw error }
        tell("\(error); trying again")
        interruption.wait(seconds: reconnection.delay(before: attempts))
        guard interruption.request == .none else {
          throw MediaError(.interrupted, input.location, "opening was interrupted")
        }
        attempts += 1
      }
    }
  }

  /// The next picture or audio packet, or a discontinuity; nil at the end.
  /// - Throws: as `MediaReader` does, once there are no attempts left.
  public func read() throws(MediaError) -> MediaItem? {
    while true {
      if reader == nil, try !reopen() { return nil }
      do throws(MediaError) {
        if let item = try reader?.read() {
          if case .video = item { attempts = 0 }
          return item
        }
      } catch {
        // What was asked for is there; nothing of it is to be had by opening the input again.
        if reader?.isComplete == true { throw error }
        try lose(error)
        return .discontinuity(.lost)
      }
      if maximumAttempts == 0 || reader?.isComplete == true || interruption.request != .none {
        return nil
      }
      try lose(MediaError(.lost, location, "has ended"))
      return .discontinuity(.lost)
    }
  }

  /// Closes the input, or throws the error if it is not to be opened again.
  private func lose(_ error: MediaError) throws(MediaError) {
    guard error.isLoss, attempts < maximumAttempts else { throw error }
    if let current = reader?.continuation { continuation = current }
    // Cameras, and some servers, do not let themselves be opened twice.
    reader = nil
    if error.description != lastLoss { tell("\(error); opening it again") }
    lastLoss = error.description
  }

  /// Waits, and tries to open the input again until it is open.
  /// - Returns: whether it is; not if reading was to end meanwhile.
  private func reopen() throws(MediaError) -> Bool {
    while true {
      let delay = reconnection.delay(before: attempts)
      interruption.wait(seconds: min(delay, continuation.remainingSeconds ?? delay))
      if continuation.hasEnded || interruption.request != .none { return false }
      attempts += 1
      do throws(MediaError) {
        reader = try MediaReader(continuing: continuation, interruption: interruption)
        tell("\(location): is open again")
        lastLoss = ""
        return true
      } catch {
        if interruption.request == .stopReading { return false }
        try lose(error)
      }
    }
  }
}
