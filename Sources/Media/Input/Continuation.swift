import CFFmpeg
import Glibc

/// What stays the same when an input that was lost is opened again: how pictures look, which audio
/// streams there are, and the time, which went on meanwhile.
public struct Continuation: Sendable {
  /// What to open.
  let input: MediaInput
  let options: InputOptions
  let video: VideoInfo
  let audio: [AudioStream]
  let shape: PictureShape
  /// The time of the last picture, and when it was delivered.
  var lastPicture: Timestamp
  var lastDelivery: ContinuousClock.Instant
  /// The largest time delivered, that of audio included, in seconds.
  var latest: Double

  /// The time of a picture that comes now, in seconds.
  public var position: Double {
    max(lastPicture.seconds + (ContinuousClock.now - lastDelivery) / .seconds(1), latest)
  }

  /// How much of what was to be read has not had its time; nil if there is no end.
  public var remainingSeconds: Double? { options.duration.map { max(0, $0 - position) } }

  /// Whether everything that was to be read has had its time.
  public var hasEnded: Bool { remainingSeconds == 0 }

  /// How to read on: as before, but from here.
  var optionsFromHere: InputOptions {
    var options = options
    options.start = nil
    // Time goes on while this is asked; there is no such thing as nothing to read.
    options.duration = remainingSeconds.map { max($0, 0.001) }
    return options
  }
}

/// Puts the items of an input that was opened again on the time line of the first opening.
struct Resumption {
  private let video: VideoInfo
  /// For each audio stream its counterpart of the first opening, where it has one.
  private let audio: [AudioStream?]
  /// What is added to all times, in microseconds.
  private let offset: Int64
  private var lastPicture: Timestamp
  /// The start of the last packet of each audio stream, in its ticks.
  private var lastPackets: [Int: Int64] = [:]

  /// - Parameters:
  ///   - firstPicture: the first picture's time, which becomes the continuation's position.
  init(_ continuation: Continuation, audio: [AudioStream], firstPicture: Timestamp?) {
    video = continuation.video
    self.audio = audio.map { stream in
      continuation.audio.first { $0.index == stream.index && $0.isLike(stream) }
    }
    offset = Int64((continuation.position - (firstPicture?.seconds ?? 0)) * 1e6)
    lastPicture = continuation.lastPicture
    // Sound from before the first picture would lie on what was delivered.
    for case let stream? in self.audio {
      lastPackets[stream.index] = Int64(continuation.latest / stream.timeBase.doubleValue)
    }
  }

  /// The item on the old time line; nil for audio that has no place there.
  mutating func place(_ item: MediaItem) -> MediaItem? {
    switch item {
    case .discontinuity: return item
    case .video(let frame):
      var time = lastPicture
      let shifted = frame.timestamp.map { shift($0, to: video.timeBase) }
      time.value = max(shifted ?? 0, lastPicture.value + 1)
      lastPicture = time
      return .video(frame.retimed(time))
    case .audio(let packet):
      guard let stream = audio[packet.stream.index] else { return nil }
      let time = shift(packet.timestamp, to: stream.timeBase)
      if let last = lastPackets[stream.index], time <= last { return nil }
      lastPackets[stream.index] = time
      return .audio(packet.moved(to: stream, time: time))
    }
  }

  private func shift(_ time: Timestamp, to timeBase: Rational) -> Int64 {
    time.value(in: timeBase) + Timestamp(offset, timeBase: .microseconds).value(in: timeBase)
  }
}

extension VideoFrame {
  /// The same picture at another time.
  fileprivate func retimed(_ time: Timestamp) -> VideoFrame {
    let frame = RawFrame()
    av_frame_ref(frame.pointer, avFrame)
    frame.pointer.pointee.pts = time.value
    return VideoFrame(owning: frame.release(), timestamp: time)
  }
}

extension AudioPacket {
  /// The same sound as part of another stream.
  fileprivate func moved(to stream: AudioStream, time: Int64) -> AudioPacket {
    let packet = Packet()
    av_packet_ref(packet.pointer, avPacket)
    let delay = avPacket.pointee.pts - avPacket.pointee.dts
    packet.pointer.pointee.pts = time
    packet.pointer.pointee.dts =
      time - Timestamp(delay, timeBase: self.stream.timeBase).value(in: stream.timeBase)
    packet.pointer.pointee.duration = Timestamp(
      avPacket.pointee.duration, timeBase: self.stream.timeBase
    ).value(in: stream.timeBase)
    return AudioPacket(owning: packet.release(), stream: stream)
  }
}

extension AudioStream {
  /// Whether packets of one stream can follow those of the other.
  fileprivate func isLike(_ other: AudioStream) -> Bool {
    let (a, b) = (parameters.pointee, other.parameters.pointee)
    guard a.codec_id == b.codec_id, a.sample_rate == b.sample_rate,
      a.ch_layout.nb_channels == b.ch_layout.nb_channels, a.extradata_size == b.extradata_size
    else { return false }
    guard let left = a.extradata, let right = b.extradata else { return true }
    return memcmp(left, right, Int(a.extradata_size)) == 0
  }
}
