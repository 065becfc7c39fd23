import Checkpoint
import Foundation
import Testing

struct HostileZipTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let pickle = ZipItem(
    "a/data.pkl",
    Pickle.file(Pickle.dictionary(["w": Pickle.tensor(count: 2, shape: [2], strides: [1])])))
  private static let storage = ZipItem("a/data/0", counting(2))

  private func read(_ bytes: [UInt8]) throws -> [Float]? {
    try WeightsFile(path: folder.file("archive.pth", bytes)).weights["w"]?.floats()
  }

  private func expectRefusal(_ bytes: [UInt8], _ reason: String) throws {
    #expect { try read(bytes) } throws: { error in
      let text = "\(error)"
      #expect(text.contains(reason), "\(text)")
      #expect(!text.contains("\n") && text.utf8.count < 500)
      return error is CheckpointError
    }
  }

  @Test("reads archives at the edge of the format")
  func acceptsValid() throws {
    let (pickle, storage) = (Self.pickle, Self.storage)
    let large = storage.with {
      ($0.size, $0.compressedSize) = (.max, .max)
      $0.extra = [9, 0, 1, 0, 0, 1, 0, 16, 0] + littleEndian(8) + littleEndian(8)
    }
    let comment = Array("PK\u{5}\u{6} is how a directory ends".utf8)
    let other = ZipItem("a/version", Array("3\n".utf8))
    for archive in [
      zipFile([pickle, storage]), zipFile([storage, pickle]), zipFile([pickle, large]),
      zipFile([pickle, storage], end: ZipEnd(comment: comment)),
      zipFile([pickle, storage], end: ZipEnd(isZip64: true)),
      zipFile([pickle, large, other], end: ZipEnd(isZip64: true)),
    ] {
      #expect(try read(archive) == [0, 1])
    }
  }

  @Test("checks what it reads against its checksum")
  func checksums() throws {
    // CRC-32's check value is that of the digits 1 to 9; here they are the bytes of a storage.
    let tensor = Pickle.tensor(
      Pickle.storage(Pickle.global("torch", "ByteStorage"), count: 9), shape: Pickle.integers([9]),
      strides: Pickle.integers([1]))
    let pickle = ZipItem("a/data.pkl", Pickle.file(Pickle.dictionary(["w": tensor])))
    let storage = ZipItem("a/data/0", Array("123456789".utf8)).with { $0.checksum = 0xCBF4_3926 }
    let good = try WeightsFile(path: folder.file("good", zipFile([pickle, storage])))
    #expect(good.weights["w"]?.shape == [9])
    let bad = zipFile([pickle, storage.with { $0.bytes[4] ^= 1 }])
    try expectRefusal(bad, "damaged: the checksum of \"a/data/0\"")
    try expectRefusal(zipFile([pickle.with { $0.checksum = 1 }, storage]), "damaged")
  }

  @Test("refuses hostile archives with one line", arguments: hostileArchives)
  func refusesHostile(archive: [UInt8], reason: String) throws {
    try expectRefusal(archive, reason)
  }

  private static let hostileArchives: [([UInt8], String)] = {
    let valid = zipFile([pickle, storage])
    func entry(_ change: (inout ZipItem) -> Void) -> [UInt8] {
      zipFile([pickle, storage.with(change)])
    }
    func end(_ end: ZipEnd) -> [UInt8] { zipFile([pickle, storage], end: end) }
    func zip64(_ extra: [UInt8]) -> [UInt8] {
      entry { ($0.size, $0.compressedSize, $0.extra) = (.max, .max, extra) }
    }
    let absurd = littleEndian(Int.max)
    let outside = "\"a/data/0\" outside the file or broken"
    var brokenLocator = end(ZipEnd(isZip64: true))
    let locator = brokenLocator.count - 22 - 20
    brokenLocator.replaceSubrange(locator + 8..<locator + 16, with: absurd)
    var brokenZip64 = end(ZipEnd(isZip64: true))
    let record = brokenZip64.count - 22 - 20 - 56
    brokenZip64.replaceSubrange(record + 32..<record + 40, with: absurd)
    return [
      // Not this kind of zip file.
      (zipFile([storage]), "no PyTorch archive"),
      (zipFile([pickle, pickle.with { $0.name = "b/data.pkl" }]), "no PyTorch archive"),
      (zipFile([pickle, ZipItem("a/byteorder", Array("big".utf8))]), "big-endian"),
      (entry { $0.method = 8 }, "compressed"), (entry { $0.flags = 1 }, "encrypted"),
      (entry { $0.name = "a/data/../0" }, "\"0\" is missing"),
      (zipFile([pickle, storage, storage]), "twice"),
      // Sizes and places that are not so.
      (entry { $0.size = 9 }, outside), (entry { $0.compressedSize = 7 }, outside),
      (entry { ($0.size, $0.compressedSize) = (1 << 31, 1 << 31) }, outside),
      (entry { $0.localHeader = 1 }, outside), (entry { $0.localHeader = 1 << 31 }, outside),
      (entry { ($0.name, $0.localHeader) = ("a/data.pkl", 0) }, "twice"),
      (entry { ($0.name, $0.localHeader) = ("a/data/0", 0) }, outside),
      (zipFile([pickle.with { ($0.size, $0.compressedSize) = (200, 200) }, storage]), "overlap"),
      // Zip64 fields.
      (zip64([]), outside), (zip64([1, 0, 16, 0] + absurd), outside),
      (zip64([1, 0, 16, 0] + absurd + absurd), outside), (zip64([1, 0, 8, 0] + absurd), outside),
      (zip64([1, 0, 16, 0] + littleEndian(-1) + littleEndian(-1)), outside),
      (zip64([2, 0, 0xFF, 0xFF, 1, 0, 16, 0] + absurd + absurd), outside),
      (brokenLocator, "no zip64 end"), (brokenZip64, "does not fit"),
      (end(ZipEnd(start: .max)), "no zip64 end"),
      // The directory.
      (end(ZipEnd(count: 0xFFFE)), "does not fit"), (end(ZipEnd(count: 3)), "does not fit"),
      (end(ZipEnd(size: 0xFFFF_FFFE)), "does not fit"), (end(ZipEnd(start: 1)), "broken directory"),
      (end(ZipEnd(size: 92, start: 1)), "broken directory"),
      (end(ZipEnd(start: 0xFFFF_FFFE)), "does not fit"), (end(ZipEnd(size: 0)), "does not fit"),
      (Array(valid.dropLast()), "cut off"), (valid + [0], "cut off"),
      (Array(valid.prefix(4)), "cut off"), (Array(valid.prefix(100)), "cut off"),
    ]
  }()
}
