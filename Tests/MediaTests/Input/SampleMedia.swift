import Foundation
import Media
import Testing

/// A temporary folder with media made by the ffmpeg command; removed when it goes out of use.
final class SampleMedia {
  struct Failure: Error { let command: String }

  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(
      path: "csnstream-media-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// The path of a file in the folder.
  func path(_ name: String) -> String { folder.appending(path: name).path }

  /// Writes a file with ffmpeg and gives its path.
  /// - Parameter arguments: as in a shell, without the file's name at the end.
  @discardableResult
  func ffmpeg(_ arguments: String, to name: String) throws -> String {
    try shell("ffmpeg -v error -nostdin -y \(arguments) 'file:\(name)'")
    return path(name)
  }

  /// Writes some frames of a moving test picture.
  func video(
    _ name: String, size: String = "64x48", rate: String = "25", seconds: Double = 1,
    _ encoding: String
  ) throws -> String {
    // The source rounds odd sizes, unless it draws in a format without subsampling.
    try ffmpeg(
      "-f lavfi -i testsrc2=s=\(size):r=\(rate):d=\(seconds),format=yuv444p -pix_fmt yuv420p"
        + " \(encoding)", to: name)
  }

  /// Writes some frames of a moving test picture with a tone.
  func videoWithSound(_ name: String, seconds: Double = 2, _ encoding: String) throws -> String {
    try ffmpeg(
      "-f lavfi -i testsrc2=s=64x48:r=25:d=\(seconds) -f lavfi -i sine=d=\(seconds) \(encoding)",
      to: name)
  }

  /// Runs a script in the folder and gives what it prints.
  @discardableResult
  func shell(_ script: String) throws -> Data {
    let output = Pipe()
    let process = try start(script, output: output)
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(command: script) }
    return data
  }

  private func start(_ script: String, output: Any) throws -> Process {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", script]
    process.currentDirectoryURL = folder
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    try process.run()
    return process
  }

  /// The lines that a script prints.
  func lines(_ script: String) throws -> [String] {
    String(decoding: try shell(script), as: UTF8.self)
      .split(whereSeparator: \.isNewline).map(String.init)
  }

  /// What the ffmpeg command decodes from a file: the bytes of all frames.
  func decoded(_ name: String, pixelFormat: String, filter: String = "null") throws -> [UInt8] {
    [UInt8](
      try shell(
        "ffmpeg -v error -nostdin -i '\(name)' -map 0:v:0 -fps_mode passthrough -vf \(filter)"
          + " -f rawvideo -pix_fmt \(pixelFormat) -"))
  }

  /// The times of a file's frames, in seconds from the container's start, as ffprobe has them.
  func frameTimes(_ name: String) throws -> [Double] {
    let start = try lines("ffprobe -v error -show_entries format=start_time -of csv=p=0 '\(name)'")
    let times = try lines(
      "ffprobe -v error -select_streams V:0 -show_entries frame=best_effort_timestamp_time"
        + " -of default=nk=1:nw=1 '\(name)'")
    let origin = start.first.flatMap(Double.init) ?? 0
    return times.compactMap(Double.init).map { $0 - origin }
  }

  /// A FIFO into which a file is being written.
  func fifo(_ name: String, delivering file: String) throws -> String {
    try shell("mkfifo '\(name)'")
    _ = try start("cat '\(file)' > '\(name)'", output: FileHandle.nullDevice)
    return path(name)
  }
}

/// Everything an input has.
struct Recording {
  let video: VideoInfo
  var frames: [VideoFrame] = []
  var audio: [AudioPacket] = []
  var discontinuities: [Discontinuity] = []
  /// What was thrown at the end.
  var damage: MediaError?

  init(
    _ path: String, options: InputOptions = InputOptions(),
    interruption: Interruption = Interruption()
  ) throws {
    var reader = try MediaReader(
      MediaInput(argument: path), options: options, interruption: interruption)
    video = reader.video
    damage = takeAll(from: &reader)
    if damage != nil { #expect(try reader.read() == nil) }
  }

  /// Reads to the end, and gives the error there.
  private mutating func takeAll(from reader: inout MediaReader) -> MediaError? {
    do throws(MediaError) {
      while let item = try reader.read() {
        switch item {
        case .video(let frame): frames.append(frame)
        case .audio(let packet): audio.append(packet)
        case .discontinuity(let reason): discontinuities.append(reason)
        }
      }
      return nil
    } catch {
      return error
    }
  }

  var times: [Double] { frames.compactMap { $0.timestamp?.seconds } }
  var pixels: [UInt8] { frames.flatMap(\.pixels) }
}

extension VideoFrame {
  /// The samples of all planes without the padding of rows.
  var pixels: [UInt8] {
    let pixels = try? withPlanes { planes in
      planes.flatMap { plane in
        (0..<plane.height).flatMap { row in
          UnsafeRawBufferPointer(
            start: plane.base + row * plane.bytesPerRow, count: plane.width * plane.bytesPerSample)
        }
      }
    }
    return pixels ?? []
  }
}

/// The largest and the mean difference of two pictures.
func difference(_ a: [UInt8], _ b: [UInt8]) -> (largest: Int, mean: Double) {
  guard a.count == b.count, !a.isEmpty else { return (.max, .infinity) }
  let differences = zip(a, b).map { abs(Int($0) - Int($1)) }
  return (differences.max() ?? 0, Double(differences.reduce(0, +)) / Double(differences.count))
}

/// The times of frames that come at a constant rate.
func regularTimes(count: Int, start: Double = 0, frameRate: Double = 25) -> [Double] {
  (0..<count).map { (index: Int) -> Double in start + Double(index) / frameRate }
}

/// Whether two lists of times agree to a millisecond.
func agree(_ a: [Double], _ b: [Double]) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { (x: Double, y: Double) in abs(x - y) < 0.0011 }
}

/// The error that opening an input gives.
func openingError(
  _ path: String, options: InputOptions = InputOptions(),
  interruption: Interruption = Interruption()
) -> MediaError? {
  do throws(MediaError) {
    _ = try MediaReader(
      MediaInput(argument: path), options: options, interruption: interruption)
    return nil
  } catch {
    return error
  }
}
