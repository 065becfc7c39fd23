import Foundation
import Media
import Testing

@Suite("Live inputs", .timeLimit(.minutes(2))) struct LiveTests {
  private func seconds(_ body: () throws -> Void) rethrows -> Double {
    try ContinuousClock().measure(body) / .seconds(1)
  }

  @Test("a filter graph is live and comes at the pace of a camera") func filterGraph() throws {
    let input = MediaInput(argument: "lavfi:testsrc2=size=64x48:rate=25")
    var reader = try MediaReader(input)
    #expect(reader.video.isLive)
    #expect(reader.video.uprightSize == PixelSize(width: 64, height: 48))
    var times: [Double] = []
    let elapsed = try seconds {
      while times.count < 11 {
        guard case .video(let frame) = try reader.read() else { continue }
        try times.append(#require(frame.timestamp).seconds)
      }
    }
    #expect(agree(times, regularTimes(count: 11)))
    #expect(elapsed >= 0.4)
  }

  @Test("a filter graph that makes no sense is an error") func brokenGraph() {
    #expect(openingError("lavfi:nonsense=1")?.cause == .unreadable)
  }

  @Test("a camera that is not there is named") func missingCamera() {
    let error = openingError("/dev/video97")
    #expect(error?.description == "/dev/video97: no such file")
  }

  @Test("a file read at its own pace is live, complete, and ends") func pacedFile() throws {
    let media = try SampleMedia()
    let path = try media.video("a.mkv", seconds: 0.4, "-c:v libx264 -bf 2 -pix_fmt yuv420p")
    let plain = try Recording(path)
    var options = InputOptions()
    options.isPaced = true
    var paced: Recording?
    let elapsed = try seconds { paced = try Recording(path, options: options) }
    let recording = try #require(paced)
    #expect(elapsed >= 0.36)
    #expect(recording.video.isLive && !plain.video.isLive)
    // Low-delay decoding must not put pictures into another order.
    #expect(recording.times == plain.times)
    #expect(recording.pixels == plain.pixels)
    #expect(recording.damage == nil)
  }

  @Test("a pipe is live only when told so") func pipe() throws {
    let media = try SampleMedia()
    let file = try media.video("a.mkv", "-c:v ffv1")
    var options = InputOptions()
    for isLive in [false, true] {
      options.isLive = isLive
      let pipe = try media.fifo("pipe-\(isLive)", delivering: file)
      let recording = try Recording(pipe, options: options)
      #expect(recording.video.isLive == isLive)
      #expect(recording.frames.count == 25)
    }
  }

  @Test("the demuxer can be named") func namedFormat() throws {
    let media = try SampleMedia()
    let path = try media.video("a.bin", "-c:v libx264 -f h264")
    var options = InputOptions()
    options.format = "h264"
    #expect(try Recording(path, options: options).video.containerName == "h264")
    options.format = "nonsense"
    #expect(openingError(path, options: options)?.reason == "this FFmpeg cannot read nonsense")
  }

  @Test("what was lost goes on where the clock is, in the same form")
  func continuation() throws {
    let media = try SampleMedia()
    let path = try media.video("a", seconds: 0.2, "-c:v ffv1 -f matroska -pix_fmt yuv420p")
    var reader = try MediaReader(.url(path))
    var times: [Double] = []
    while let item = try reader.read() {
      if case .video(let frame) = item { times.append(frame.timestamp?.seconds ?? -1) }
    }
    // Another container, another time base, another size.
    _ = try media.video("a", size: "96x48", seconds: 0.2, "-c:v mpeg2video -f mpegts")
    usleep(300_000)
    var second = try MediaReader(
      continuing: reader.continuation, interruption: Interruption())
    guard case .discontinuity(.reconnected(let gap)) = try second.read() else {
      Issue.record("the gap is not told")
      return
    }
    #expect(gap >= 0.3)
    let timeBase = reader.video.timeBase
    while let item = try second.read() {
      guard case .video(let frame) = item else { continue }
      #expect(frame.size == PixelSize(width: 64, height: 48))
      #expect(frame.timestamp?.timeBase == timeBase)
      times.append(frame.timestamp?.seconds ?? -1)
    }
    #expect(times.count == 10)
    #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
    #expect(times[5] - times[4] >= 0.3)
  }
}

@Suite("Silent inputs", .timeLimit(.minutes(2))) struct StallTests {
  private func options(timeout: Double) -> InputOptions {
    var options = InputOptions()
    options.timeout = timeout
    return options
  }

  @Test(
    "a server that says nothing is an error of its own",
    arguments: ["tcp://%", "http://%/a.mp4", "rtsp://%/a"])
  func server(url: String) throws {
    let server = try SilentServer()
    let address = url.replacing("%", with: "127.0.0.1:\(server.port)")
    let error = openingError(address, options: options(timeout: 0.3))
    #expect(error?.cause == .stalled)
    #expect(error?.description == "\(address): gave no answer for 0.3 s")
  }

  @Test("an interruption reaches the wait for a server", arguments: ["tcp://%", "rtsp://%/a"])
  func interrupted(url: String) throws {
    let server = try SilentServer()
    let interruption = Interruption()
    Thread.detachNewThread {
      usleep(200_000)
      interruption.stopReading()
    }
    let error = openingError(
      url.replacing("%", with: "127.0.0.1:\(server.port)"), options: options(timeout: 0),
      interruption: interruption)
    #expect(error?.cause == .interrupted)
  }

  @Test("a FIFO without a writer is an error") func noWriter() throws {
    let media = try SampleMedia()
    try media.shell("mkfifo pipe")
    #expect(openingError(media.path("pipe"), options: options(timeout: 0.2))?.cause == .stalled)
  }

  @Test("a writer that falls silent is an error, after everything it wrote") func silence() throws {
    let media = try SampleMedia()
    let file = try media.video("a.y4m", size: "32x24", seconds: 0.2, "-pix_fmt yuv420p")
    try media.shell("mkfifo pipe")
    let writer = try #require(FileHandle(forUpdatingAtPath: media.path("pipe")))
    try writer.write(contentsOf: Data(contentsOf: URL(filePath: file)))
    let recording = try Recording(media.path("pipe"), options: options(timeout: 0.3))
    #expect(recording.frames.count == 5)
    #expect(recording.damage?.cause == .stalled)
    #expect(recording.damage?.reason == "sent nothing for 0.3 s")
  }
}

@Suite("Addresses with secrets") struct RedactionTests {
  @Test(
    "names, passwords and the values of queries are not shown",
    arguments: [
      ("rtsp://me:secret@cam:554/live", "rtsp://***@cam:554/live"),
      ("rtsp://me:se@cret@cam/live", "rtsp://***@cam/live"),
      ("rtsp://me:se/cret@cam/live", "rtsp://***@cam/live"),
      ("rtsp://me:se?cret@cam/live", "rtsp://***"),
      ("https://a/b.m3u8?token=secret&x=1", "https://a/b.m3u8?token=***&x=***"),
      ("http://a/b?secret", "http://a/b?***"),
      ("srt://a:9000?passphrase=secret", "srt://a:9000?passphrase=***"),
      ("rtsp://cam/live", "rtsp://cam/live"),
      ("rtmps://me:secret@host/app/secret?k=secret", "rtmps://***@host/app/***?k=***"),
      ("rtmp://host", "rtmp://host"),
      ("what@is?this=.mp4", "what@is?this=.mp4"),
    ])
  func location(url: String, shown: String) { #expect(MediaInput.url(url).location == shown) }

  @Test(
    "files are named after an address without its secrets",
    arguments: [
      ("rtsp://me:secret@cam:554/live/a.sdp?key=secret", "a"),
      ("rtsp://me:secret@10.0.0.1:554", "10.0.0.1_554"), ("lavfi:testsrc=size=64x48", "lavfi"),
      ("/dev/video0", "video0"), ("rtmp://host/live/secret", "live"), ("rtmp://host/x", "host"),
      ("https://a/b.m3u8?token=a/b", "b"),
    ])
  func name(argument: String, name: String) {
    #expect(MediaInput(argument: argument).shortName == name)
  }

  @Test("errors do not show them", arguments: ["rtsp", "http", "tcp", "rtmp", "srt"])
  func errors(scheme: String) throws {
    let error = openingError("\(scheme)://me:secret@127.0.0.1:1/x?token=secret")
    #expect(try !#require(error).description.contains("secret"))
  }
}

@Suite("Discontinuities") struct DiscontinuityTests {
  @Test("pictures of a new size are scaled into the first one's, between black borders")
  func sizeChange() throws {
    let media = try SampleMedia()
    let white = "-f lavfi -i color=white:s=%:r=25:d=0.4 -c:v mpeg2video -pix_fmt yuv420p"
    for (size, name) in [("64x48", "a.ts"), ("64x96", "b.ts"), ("64x48", "c.ts")] {
      try media.ffmpeg(white.replacing("%", with: size), to: name)
    }
    try media.shell("cat a.ts b.ts c.ts > joined.ts")
    let recording = try Recording(media.path("joined.ts"))
    #expect(recording.discontinuities == [.formatChange, .formatChange])
    #expect(Set(recording.frames.map(\.size)) == [PixelSize(width: 64, height: 48)])
    #expect(Set(recording.frames.map(\.pixelFormatName)) == ["yuv420p"])
    // Luma in the middle row: 64x96 becomes 32x48, from column 16 to 47.
    let rows = recording.frames.map { $0.pixels[(24 * 64)..<(25 * 64)].map(Int.init) }
    let isBordered = rows.map { row in
      row[..<15].allSatisfy { $0 < 20 } && row[18..<46].allSatisfy { $0 > 220 }
        && row[49...].allSatisfy { $0 < 20 }
    }
    let isWhole = rows.map { row in row.allSatisfy { $0 > 220 } }
    let expected = try media.lines(
      "ffprobe -v error -select_streams V -show_entries frame=height -of default=nk=1:nw=1 joined.ts"
    )
    #expect(isBordered == expected.map { $0 == "96" })
    #expect(isWhole == expected.map { $0 == "48" })
  }

  @Test("colours stay what they are when a picture is scaled into another shape")
  func colours() throws {
    let media = try SampleMedia()
    let red = "-f lavfi -i color=red:s=%:r=25:d=0.2,format=gbrp -c:v ffv1"
    // Untagged pictures mean BT.709 from 720 rows on, BT.601 below.
    let first = try media.ffmpeg(
      red.replacing("%", with: "960x720")
        + " -vf scale=out_color_matrix=bt709 -pix_fmt yuv420p -f nut", to: "in")
    let reader = try MediaReader(.url(first))
    let expected = try Recording(first).frames[0].pixels
    _ = try media.ffmpeg(
      red.replacing("%", with: "64x48")
        + " -vf scale=out_color_matrix=smpte170m -pix_fmt yuv420p -f nut", to: "in")
    var second = try MediaReader(continuing: reader.continuation, interruption: Interruption())
    var picture: VideoFrame?
    while picture == nil, let item = try second.read() {
      if case .video(let frame) = item { picture = frame }
    }
    #expect(difference(try #require(picture).pixels, expected).largest <= 3)
  }

  @Test("a clock that jumps is told once, where recordings were joined")
  func joined() throws {
    let media = try SampleMedia()
    _ = try media.videoWithSound("a.ts", "-c:v mpeg2video -c:a mp2")
    _ = try media.videoWithSound("b.ts", "-c:v mpeg2video -c:a mp2 -output_ts_offset 4000")
    try media.shell("cat a.ts b.ts > joined.ts")
    let recording = try Recording(media.path("joined.ts"))
    try #require(recording.discontinuities.count == 1)
    guard case .timeJump(let seconds) = recording.discontinuities[0] else {
      Issue.record("\(recording.discontinuities)")
      return
    }
    #expect(abs(seconds - 3998) < 1)
  }

  @Test("a pause is told and stays in the times") func pause() throws {
    let media = try SampleMedia()
    let path = try media.video(
      "a.mkv", "-vf 'setpts=if(gte(N\\,10)\\,PTS+5/TB\\,PTS)' -fps_mode vfr -c:v ffv1")
    let recording = try Recording(path)
    #expect(agree(recording.times, try media.frameTimes("a.mkv")))
    guard case .timeJump(let seconds) = recording.discontinuities.first else {
      Issue.record("\(recording.discontinuities)")
      return
    }
    #expect(abs(seconds - 5.04) < 0.01)
    #expect(recording.discontinuities.count == 1)
  }

  @Test("few and irregular pictures are no discontinuity") func variableRate() throws {
    let media = try SampleMedia()
    let irregular = try media.video(
      "a.mkv", "-vf 'select=not(mod(n\\,3))+not(mod(n\\,7))' -fps_mode vfr -c:v ffv1")
    let rare = try media.video("b.mkv", rate: "1/5", seconds: 30, "-c:v ffv1")
    for path in [irregular, rare] { #expect(try Recording(path).discontinuities == []) }
  }
}
