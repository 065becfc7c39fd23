import CFFmpeg

/// What is known about the video of an input before it is read.
public struct VideoInfo: Hashable, Sendable {
  /// Size of the pictures as they are stored, in pixels.
  public let storedSize: PixelSize
  /// Size of the frames that are delivered: after rotation, in pixels.
  public let uprightSize: PixelSize
  /// Size after rotation in square pixels: the width is stretched.
  public let displaySize: PixelSize
  /// Width to height of one pixel after rotation; 1/1 where the source does not say.
  public let sampleAspectRatio: Rational
  /// By how many degrees clockwise stored pictures are turned: 0, 90, 180 or 270.
  public let rotation: Int
  /// Whether stored pictures are mirrored as well.
  public let isMirrored: Bool
  /// Frames per second, on average; 25 if neither the source nor the options say.
  public let averageFrameRate: Rational
  /// Unit of the frames' times.
  public let timeBase: Rational
  /// How many seconds will be read; nil if unknown.
  public let duration: Double?
  /// How many frames will be read, about; nil if unknown.
  public let estimatedFrameCount: Int?
  /// FFmpeg's name of the container format or the way in, such as `rtsp`; where it cannot tell them
  /// apart several, with commas between.
  public let containerName: String
  /// The codec's short name, such as `h264`.
  public let codecName: String
  /// FFmpeg's name of the pixel format as it is stored.
  public let pixelFormatName: String
  /// Whether pictures come at their own pace and wait for nobody.
  public let isLive: Bool
  /// The memory that the samples of a delivered frame take.
  public let bytesPerFrame: Int

  init(_ reader: borrowing ItemReader, options: InputOptions, firstFrame: VideoFrame) {
    let parameters = reader.packets.demuxer.video.pointee.codecpar.pointee
    let orientation = reader.orientation
    uprightSize = firstFrame.size
    storedSize =
      orientation.swapsAxes
      ? PixelSize(width: uprightSize.height, height: uprightSize.width) : uprightSize
    sampleAspectRatio = firstFrame.sampleAspectRatio
    let stretchedWidth = Double(uprightSize.width) * sampleAspectRatio.doubleValue
    // Scaled to a round size, a picture is said to have pixels that are not quite square: 854×480 of
    // 1280:1281. Nobody expects that to cost a column.
    let isSquare = abs(stretchedWidth - Double(uprightSize.width)) < 1
    displaySize =
      isSquare
      ? uprightSize
      : PixelSize(width: max(1, Int(stretchedWidth.rounded())), height: uprightSize.height)
    rotation = orientation.degrees
    isMirrored = orientation.isMirrored
    averageFrameRate = reader.packets.frameRate
    timeBase = reader.packets.timeBase
    isLive = reader.packets.demuxer.isLive
    containerName = reader.packets.demuxer.formatName
    codecName = String(cString: avcodec_get_name(parameters.codec_id))
    bytesPerFrame = Int(
      av_image_get_buffer_size(
        firstFrame.pixelFormat, firstFrame.avFrame.pointee.width,
        firstFrame.avFrame.pointee.height, 1))
    pixelFormatName = reader.pixelFormatName

    let rest = reader.packets.duration.map { max(0, $0 - (options.start ?? 0)) }
    duration = [rest, options.duration].compactMap { $0 }.min()
    if options.start == nil && options.duration == nil {
      estimatedFrameCount = reader.packets.frameCount
    } else {
      let rate = averageFrameRate
      estimatedFrameCount = duration.flatMap { estimate(seconds: $0, frameRate: rate) }
    }
  }
}
