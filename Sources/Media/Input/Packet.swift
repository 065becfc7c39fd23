import CFFmpeg

/// An owned AVPacket.
struct Packet: ~Copyable {
  let pointer: UnsafeMutablePointer<AVPacket> = av_packet_alloc()

  deinit {
    var pointer: UnsafeMutablePointer<AVPacket>? = pointer
    av_packet_free(&pointer)
  }

  /// Hands the packet over to the caller, who frees it.
  consuming func release() -> UnsafeMutablePointer<AVPacket> {
    let pointer = pointer
    discard self
    return pointer
  }
}

extension Packet {
  /// Forgets times that only damage can explain, so that one can calculate with the others.
  func dropImplausibleTimes(timeBase: Rational) {
    if !Timestamp.isPlausible(pointer.pointee.pts, timeBase: timeBase) {
      pointer.pointee.pts = cff_no_pts()
    }
    if !Timestamp.isPlausible(pointer.pointee.dts, timeBase: timeBase) {
      pointer.pointee.dts = cff_no_pts()
    }
    // No picture and no piece of sound takes an hour.
    if !(0..<3600).contains(Double(pointer.pointee.duration) * timeBase.doubleValue) {
      pointer.pointee.duration = 0
    }
  }
}

extension Timestamp {
  /// Whether a number of ticks is a time: known, and not thousands of years away.
  static func isPlausible(_ value: Int64, timeBase: Rational) -> Bool {
    value != cff_no_pts() && value.magnitude < 1 << 61
      && abs(Double(value) * timeBase.doubleValue) < 1e11
  }
}

extension UnsafeMutablePointer<AVPacket> {
  /// When it is presented, else when it is decoded; nil if neither is known.
  var time: Int64? {
    [pointee.pts, pointee.dts].first { $0 != cff_no_pts() }
  }
}

/// An owned AVFrame on its way from the decoder through the filter.
struct RawFrame: ~Copyable {
  let pointer: UnsafeMutablePointer<AVFrame> = av_frame_alloc()

  deinit {
    var pointer: UnsafeMutablePointer<AVFrame>? = pointer
    av_frame_free(&pointer)
  }

  /// Hands the frame over to the caller, who frees it.
  consuming func release() -> UnsafeMutablePointer<AVFrame> {
    let pointer = pointer
    discard self
    return pointer
  }
}
