import Foundation
import Media
import Testing

/// Outputs that cannot be written: found at the start where possible, told with file and cause.
@Suite struct OutputFailureTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  static func settings(_ path: String) throws -> OutputSettings {
    path.hasSuffix(".mp4") ? try .overlay(path) : try .mask(path)
  }

  static func writer(_ settings: OutputSettings) throws -> VideoWriter {
    try VideoWriter(
      settings, timeBase: Rational(1, 25), frameRate: Rational(25, 1),
      interruption: Interruption())
  }

  /// Noise, which no encoder makes small.
  static func noise(_ number: Int) throws -> VideoFrame {
    try VideoFrame.gray(
      size: PixelSize(width: 320, height: 240),
      timestamp: Timestamp(Int64(number), timeBase: Rational(1, 25))
    ) { plane in
      arc4random_buf(plane.base, plane.bytesPerRow * plane.height)
    }
  }

  @Test(
    "a folder that does not exist fails before the first frame",
    arguments: ["v.mp4", "m.mkv", "m.y4m", "m.gray"])
  func missingFolder(name: String) throws {
    let path = folder.file("missing/" + name)
    let error = #expect(throws: MediaError.self) { _ = try Self.writer(Self.settings(path)) }
    #expect(error?.cause == .unwritable)
    #expect(error?.description == "\(path): cannot write: No such file or directory")
  }

  @Test("a file where a folder is needed fails before the first frame")
  func fileForFolder() throws {
    try Data().write(to: URL(fileURLWithPath: folder.file("file")))
    let error = #expect(throws: MediaError.self) {
      _ = try Self.writer(.mask(folder.file("file/%05d.png")))
    }
    #expect(error?.description == "\(folder.file("file")): cannot write: Not a directory")
  }

  @Test(
    "a folder without write permission fails before the first frame",
    .enabled(if: getuid() != 0, "the superuser may write everywhere"),
    arguments: ["v.mp4", "m.mkv", "%05d.png"])
  func permission(name: String) throws {
    chmod(folder.path, 0o500)
    let error = #expect(throws: MediaError.self) {
      _ = try Self.writer(Self.settings(folder.file(name)))
    }
    #expect(error?.reason == "cannot write: Permission denied")
  }

  @Test("a device without space is unwritable")
  func fullDevice() throws {
    let descriptor = open("/dev/full", O_WRONLY)
    defer { close(descriptor) }
    var writer = try Self.writer(.mask("-", descriptor: descriptor))
    let mask = try Self.noise(0)
    let error = #expect(throws: MediaError.self) { try writer.write(mask) }
    #expect(error?.cause == .unwritable)
    #expect(error?.reason == "cannot write: No space left on device")
  }

  @Test(
    "a full disk is unwritable, whichever call finds out",
    .enabled(if: FullDisk.isPossible, "needs root and the permission to mount"),
    arguments: ["v.mp4", "m.mkv", "m.y4m", "m.gray", "%05d.png"])
  func fullDisk(name: String) throws {
    let disk = try FullDisk(folder)
    let path = folder.file("disk/" + name)
    let error = #expect(throws: MediaError.self) {
      var writer = try Self.writer(Self.settings(path))
      for number in 0..<100 { try writer.write(Self.noise(number)) }
      try writer.finish()
    }
    #expect(error?.cause == .unwritable)
    #expect(error?.reason == "cannot write: No space left on device")
    withExtendedLifetime(disk) {}
  }

  @Test(
    "a PNG that does not fit is not there",
    .enabled(if: FullDisk.isPossible, "needs root and the permission to mount"))
  func wholePictures() throws {
    let disk = try FullDisk(folder)
    let written = {
      var writer = try Self.writer(.mask(folder.file("disk/%05d.png")))
      for number in 0..<100 { try writer.write(Self.noise(number)) }
    }
    #expect(throws: MediaError.self) { try written() }
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("disk")).sorted()
    #expect(!names.isEmpty)
    #expect(names.allSatisfy { $0.hasSuffix(".png") })
    for name in names {
      #expect(try probe(folder.file("disk/" + name), "frame=width") == ["320"])
    }
    withExtendedLifetime(disk) {}
  }

  @Test("without any frame a file stays empty", arguments: ["v.mp4", "m.mkv", "m.gray"])
  func noFrames(name: String) throws {
    let path = folder.file(name)
    try Self.writer(Self.settings(path)).finish()
    #expect(FileManager.default.contents(atPath: path) == Data())
  }
}

/// A disk of 1 MB in memory, mounted at `disk` in a folder until deinit.
final class FullDisk {
  private let path: String

  /// Whether this process may mount.
  static let isPossible: Bool = {
    guard getuid() == 0, let folder = try? TemporaryFolder() else { return false }
    return (try? FullDisk(folder)) != nil
  }()

  init(_ folder: TemporaryFolder) throws {
    path = folder.file("disk")
    try shell("mkdir '\(path)' && mount -t tmpfs -o size=1m none '\(path)' 2>/dev/null")
  }

  deinit { _ = try? shell("umount '\(path)'") }
}
