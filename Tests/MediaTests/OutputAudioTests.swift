import CFFmpeg
import Foundation
import Media
import Testing

/// Sound beside the video: copied, converted, dropped; and in time.
@Suite struct OutputAudioTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  /// Makes a sound file of `seconds` with a beep of 10 ms after one second.
  func sound(
    _ name: String, options: String, seconds: Double = 3, layout: String = "stereo",
    rate: Int = 48000
  ) throws -> String {
    let file = folder.file(name)
    let channels = layout == "mono" ? "mono" : "stereo"
    let beep = "if(between(t,1,1.01),0.8*sin(2*PI*1000*t),0)"
    let expressions = channels == "mono" ? beep : "\(beep)|\(beep)"
    try shell(
      """
      ffmpeg -v error -f lavfi \
      -i "aevalsrc=exprs='\(expressions)':s=\(rate):d=\(seconds):channel_layout=\(channels)" \
      -af aformat=channel_layouts='\(layout)' \(options) '\(file)'
      """)
    return file
  }

  /// Writes 50 frames in two seconds and the sound of a file, each when its time has come.
  /// - Parameters: `videoStart` and `soundStart` move them, in frames of the video.
  func write(
    sound: String, to name: String, fragmented: Bool = false, videoStart: Int = 0,
    soundStart: Int = 0
  ) throws -> (path: String, warnings: [String]) {
    let path = folder.file(name)
    let (streams, packets) = try audioPackets(of: sound, delay: Double(soundStart) / 25)
    var writer = try VideoWriter(
      .overlay(path, fragmented: fragmented), timeBase: Rational(1, 25),
      frameRate: Rational(25, 1), audio: streams, interruption: Interruption())
    let warnings = writer.warnings
    var rest = packets[...]
    for number in videoStart..<videoStart + 50 {
      // Sound runs ahead of the frames, which wait for the network.
      while let packet = rest.first, packet.seconds <= Double(number) / 25 + 0.5 {
        try writer.write(packet)
        rest.removeFirst()
      }
      let time = Timestamp(Int64(number), timeBase: Rational(1, 25))
      try writer.write(Picture().frame(number, at: time))
    }
    for packet in rest { try writer.write(packet) }
    try writer.finish()
    return (path, warnings)
  }

  /// MD5 sums of the packets of the first audio stream.
  func packetSums(_ path: String) throws -> [String] {
    // Transport streams put headers of their own before AAC packets.
    try shell(
      """
      ffmpeg -v error -i '\(path)' -map 0:a -c copy -bsf:a aac_adtstoasc -f nut - \
      | ffprobe -v error -show_packets -show_data_hash md5 -show_entries packet=data_hash \
      -of csv=p=0 - | grep -o MD5:.*
      """
    ).split(separator: "\n").map(String.init)
  }

  /// When the beep is heard, in seconds of the file's time.
  func beepTime(_ path: String) throws -> Double {
    let raw = folder.file("decoded.raw")
    try shell(
      """
      ffmpeg -v error -y -copyts -i '\(path)' -map 0:a -af aresample=48000:async=1:first_pts=0 \
      -ac 1 -f s16le '\(raw)'
      """)
    let samples = try Data(contentsOf: URL(fileURLWithPath: raw)).withUnsafeBytes {
      Array($0.bindMemory(to: Int16.self))
    }
    let first = try #require(samples.firstIndex { $0.magnitude > 4000 })
    return Double(first) / 48000
  }

  /// How much later the beep is heard beside the video than in the source, in seconds.
  func delay(_ path: String, from source: String) throws -> Double {
    let video = try #require(Double(probe(path, "frame=pts_time")[0]))
    return try beepTime(path) - video - beepTime(source)
  }

  @Test(
    "copies what the container holds, packet for packet",
    arguments: ["v.mp4", "v.mov", "v.mkv", "v.ts", "v.flv", "fragmented.mp4"])
  func copies(name: String) throws {
    let source = try sound("source.m4a", options: "-c:a aac")
    let (path, warnings) = try write(
      sound: source, to: name, fragmented: name == "fragmented.mp4")
    #expect(warnings == [])
    #expect(try packetSums(path) == packetSums(source))
    #expect(try abs(delay(path, from: source)) < 0.005)
  }

  @Test(
    "copies packets that carry their headers themselves",
    arguments: ["v.mp4", "v.mkv", "v.ts", "fragmented.mp4"])
  func copiesTransportStream(name: String) throws {
    let source = try sound("source.ts", options: "-c:a aac -muxdelay 0 -muxpreload 0")
    let (path, warnings) = try write(
      sound: source, to: name, fragmented: name == "fragmented.mp4")
    #expect(warnings == [])
    #expect(try packetSums(path) == packetSums(source))
    #expect(try abs(delay(path, from: source)) < 0.005)
  }

  @Test(
    "stays in time when the video or the sound starts later",
    arguments: ["v.mp4", "v.mov", "v.mkv", "v.ts", "v.flv", "fragmented.mp4"],
    [(13, 0), (0, 13)])
  func lateStarts(name: String, starts: (video: Int, sound: Int)) throws {
    let source = try sound("source.m4a", options: "-c:a aac")
    let (path, _) = try write(
      sound: source, to: name, fragmented: name == "fragmented.mp4", videoStart: starts.video,
      soundStart: starts.sound)
    let expected = Double(starts.sound - starts.video) / 25
    #expect(try abs(delay(path, from: source) - expected) < 0.005)
    #expect(try packetSums(path) == packetSums(source))
  }

  @Test("converted sound stays in time when it starts later", arguments: ["v.mp4", "v.ts"])
  func lateConvertedSound(name: String) throws {
    let source = try sound("source.mka", options: "-c:a flac")
    let (path, _) = try write(sound: source, to: name, soundStart: 13)
    #expect(try abs(delay(path, from: source) - 13.0 / 25) < 0.005)
  }

  @Test(
    "copies lossless and other sound",
    arguments: [
      ("source.wav", "-c:a pcm_s16le", "v.mkv"), ("source.wav", "-c:a pcm_s24le", "v.mov"),
      ("source.mka", "-c:a flac", "v.mp4"), ("source.mka", "-c:a libopus", "v.mp4"),
      ("source.mka", "-c:a libmp3lame", "v.ts"), ("source.mka", "-c:a libvorbis", "v.mkv"),
    ])
  func copiesOthers(source: String, options: String, name: String) throws {
    let source = try sound(source, options: options)
    let (path, warnings) = try write(sound: source, to: name)
    #expect(warnings == [])
    #expect(try abs(delay(path, from: source)) < 0.005)
  }

  @Test(
    "converts to AAC what the container cannot hold",
    arguments: [
      ("source.wav", "-c:a pcm_s16le", "v.mp4", "pcm_s16le", "mp4"),
      ("source.mka", "-c:a pcm_f32le", "v.ts", "pcm_f32le", "mpegts"),
      ("source.mka", "-c:a flac", "v.ts", "flac", "mpegts"),
      ("source.mka", "-c:a flac", "v.mov", "flac", "mov"),
      ("source.mka", "-c:a libopus", "v.mov", "opus", "mov"),
      ("source.mka", "-c:a libvorbis", "v.ts", "vorbis", "mpegts"),
    ])
  func converts(
    source: String, options: String, name: String, codec: String, container: String
  ) throws {
    let source = try sound(source, options: options)
    let (path, warnings) = try write(sound: source, to: name)
    #expect(
      warnings == [
        "audio stream 0 (\(codec)) converted to aac, as \(container) cannot hold it"
      ])
    #expect(try probe(path, "stream=codec_name", stream: "a:0").first == "aac")
    #expect(try abs(delay(path, from: source)) < 0.005)
  }

  @Test(
    "converts channels and rates that AAC knows, and resamples others",
    arguments: [
      ("mono", 8000, "aac,8000,1"), ("5.1(side)", 48000, "aac,48000,6"),
      ("7.1", 44100, "aac,44100,8"), ("stereo", 192_000, "aac,96000,2"),
      ("stereo", 37_800, "aac,44100,2"),
    ])
  func convertsLayouts(layout: String, rate: Int, expected: String) throws {
    let source = try sound(
      "source.mka", options: "-c:a pcm_s16le", layout: layout, rate: rate)
    let (path, _) = try write(sound: source, to: "v.mp4")
    #expect(
      try probe(path, "stream=codec_name,sample_rate,channels", stream: "a:0") == [expected])
    #expect(try abs(delay(path, from: source)) < 0.005)
  }

  @Test(
    "keeps sound that goes on after the video",
    arguments: [("source.m4a", "-c:a aac"), ("source.wav", "-c:a pcm_s16le")])
  func longerSound(source: String, options: String) throws {
    let (path, _) = try write(
      sound: sound(source, options: options, seconds: 30), to: "v.mp4")
    let duration = try #require(Double(probe(path, "stream=duration", stream: "a:0")[0]))
    #expect(abs(duration - 30) < 0.03)
    #expect(try probe(path, "stream=duration") == ["2.000000"])
  }

  @Test("drops what can neither be held nor decoded, and says so")
  func drops() throws {
    var parameters = avcodec_parameters_alloc()
    defer { avcodec_parameters_free(&parameters) }
    parameters?.pointee.codec_type = AVMEDIA_TYPE_AUDIO
    parameters?.pointee.codec_id = AV_CODEC_ID_MPEGH_3D_AUDIO
    let stream = AudioStream(
      index: 2, timeBase: Rational(1, 48000), copying: try #require(parameters))
    var writer = try VideoWriter(
      .overlay(folder.file("v.ts")), timeBase: Rational(1, 25), frameRate: Rational(25, 1),
      audio: [stream], interruption: Interruption())
    #expect(
      writer.warnings == [
        "audio stream 2 (mpegh_3d_audio) dropped, as mpegts cannot hold it: "
          + "FFmpeg cannot decode it"
      ])
    let packet = AudioPacket(owning: av_packet_alloc(), stream: stream)
    try writer.write(packet)
    for number in 0..<10 { try writer.write(Picture().frame(number, at: nil)) }
    try writer.write(packet)
    try writer.finish()
    #expect(try probe(folder.file("v.ts"), "stream=codec_type", stream: "a") == [])
  }
}
