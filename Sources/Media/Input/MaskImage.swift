import CFFmpeg

/// An image file that holds a mask or a map of probabilities.
public struct MaskImage: Sendable {
  /// Its size in pixels.
  public let size: PixelSize
  /// [height, width]. A gray pixel is what it is, 0…255; of 9 to 16 bits, scaled to that range, and
  /// at least 1 if it is not 0. A coloured one is a label: 255, as palette images of several objects have
  /// them.
  public private(set) var pixels: [UInt8]

  /// Reads PNG, PGM, BMP and whatever else FFmpeg knows by its file name's extension.
  /// - Parameter whiteIsBackground: white pixels become 0.
  /// - Throws: `unreadable` or `damaged`.
  public init(path: String, whiteIsBackground: Bool = false) throws(MediaError) {
    let frame = try decode(path)
    size = frame.size
    if frame.pixelFormat == AV_PIX_FMT_GRAY8 && !whiteIsBackground {
      pixels = grayPixels(of: frame)
      return
    }
    if !whiteIsBackground, let deep = deepGrayPixels(of: frame) {
      pixels = deep
      return
    }
    // As it is, in colour.
    var scaler = try Scaler(canvas: frame.size, picture: frame.size, offset: (0, 0))
    let colors = try scaler.pixels(of: frame)
    pixels = stride(from: 0, to: colors.count, by: 3).map { first in
      let (red, green, blue) = (colors[first], colors[first + 1], colors[first + 2])
      if red != green || green != blue { return 255 }
      return whiteIsBackground && red == 255 ? 0 : red
    }
  }
}

extension MediaInput {
  /// The paths of a folder's images, in the order in which `imageFolder` reads them; at least one.
  /// - Parameter isWanted: tells by its name whether an image counts.
  /// - Throws: `unreadable` if the folder cannot be read or has no images, `unsupported` if they are
  ///   of several types.
  public static func images(
    inFolder path: String, where isWanted: (String) -> Bool = { _ in true }
  ) throws(MediaError) -> [String] {
    try ImageFolder.images(in: path, where: isWanted)
  }
}

private func decode(_ path: String) throws(MediaError) -> VideoFrame {
  FFmpegLog.install()
  let packet = Packet()
  let result = ImageFolder.read(path, into: packet)
  guard result >= 0 else { throw MediaError(.unreadable, path, FFmpegLog.reason(result)) }

  var parameters = avcodec_parameters_alloc()
  defer { avcodec_parameters_free(&parameters) }
  let format = av_guess_format("image2", nil, nil)
  let codec = av_guess_codec(format, nil, path, nil, AVMEDIA_TYPE_VIDEO)
  guard let parameters, codec != AV_CODEC_ID_NONE else {
    throw MediaError(.unreadable, path, "is not an image")
  }
  parameters.pointee.codec_type = AVMEDIA_TYPE_VIDEO
  parameters.pointee.codec_id = codec
  var decoder = try VideoDecoder(
    parameters, timeBase: Rational(1, 25), threads: 1, lowDelay: false, isStill: true,
    location: path)
  try decoder.send(packet)
  try decoder.sendEnd()
  switch try decoder.receive() {
  case .frame(let frame):
    if let complaint = decoder.takeComplaint() {
      throw MediaError(.damaged, path, "is damaged: \(complaint)")
    }
    let picture = VideoFrame(owning: frame.release(), timestamp: nil)
    // Not every decoder says so of gray images with alpha or of 16 bits.
    if let format = av_pix_fmt_desc_get(picture.pixelFormat), format.pointee.nb_components <= 2 {
      picture.avFrame.pointee.color_range = AVCOL_RANGE_JPEG
    }
    return picture
  default: throw MediaError(.damaged, path, "is damaged: has no picture")
  }
}

/// Those of a gray picture of 9 to 16 bits; nil if it is none.
private func deepGrayPixels(of frame: VideoFrame) -> [UInt8]? {
  guard let format = av_pix_fmt_desc_get(frame.pixelFormat)?.pointee, format.nb_components == 1,
    (9...16).contains(format.comp.0.depth), format.flags & UInt64(AV_PIX_FMT_FLAG_FLOAT) == 0
  else { return nil }
  let size = frame.size
  let isBigEndian = format.flags & UInt64(AV_PIX_FMT_FLAG_BE) != 0
  let largest = (1 << Int(format.comp.0.depth)) - 1
  let plane = MutablePlane(of: frame.avFrame, 0, size: size, bytesPerSample: 2)
  defer { withExtendedLifetime(frame) {} }
  return (0..<size.height).flatMap { row in
    let samples = (plane.base + row * plane.bytesPerRow).assumingMemoryBound(to: UInt16.self)
    return (0..<size.width).map { column in
      let sample = samples[column]
      let level = Int(isBigEndian ? UInt16(bigEndian: sample) : UInt16(littleEndian: sample))
      return level == 0 ? 0 : UInt8(clamping: max(1, (level * 255 + largest / 2) / largest))
    }
  }
}

private func grayPixels(of frame: VideoFrame) -> [UInt8] {
  let size = frame.size
  let plane = MutablePlane(of: frame.avFrame, 0, size: size, bytesPerSample: 1)
  defer { withExtendedLifetime(frame) {} }
  return [UInt8](unsafeUninitializedCapacity: size.width * size.height) { pixels, count in
    for row in 0..<size.height {
      memcpy(
        pixels.baseAddress! + row * size.width, plane.base + row * plane.bytesPerRow, size.width)
    }
    count = size.width * size.height
  }
}
