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
