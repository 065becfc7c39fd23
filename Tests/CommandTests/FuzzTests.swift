import Foundation
import Testing

/// A few of the files that `Scripts/soak fuzz` tries by the hundred.
@Suite(.timeLimit(.minutes(5))) struct FuzzTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  @Test(
    "a damaged file costs at most an error that names it, never a crash or a hang",
    arguments: [
      ("a.mp4", "-c:v libx264 -bf 2 -g 6 -movflags +faststart"), ("a.mkv", "-c:v libx264 -g 6"),
      ("a.ts", "-c:v mpeg2video -g 6"), ("a.h264", "-c:v libx264 -bf 2 -g 6"),
      ("a.avi", "-c:v mjpeg"),
    ])
  func damaged(name: String, encoding: String) throws {
    try folder.makeVideo(
      name, source: "size=96x64:rate=25:duration=1", options: "\(encoding) -pix_fmt yuv420p")
    let original = try folder.data(name)
    for seed in 1...4 {
      var damage = Damage(seed: UInt64(seed))
      try damage.damaged(original).write(to: URL(fileURLWithPath: folder.file(name)))
      let outcome = try folder.start(
        "csnstream \(name) --input-size 32 --mask masks.mkv -o out.mkv -y"
      ).wait(seconds: 60)
      #expect(
        outcome.status == 1 && outcome.isOneError(saying: name)
          || outcome.status == 0 && !outcome.messages.contains { $0.contains("error") },
        "seed \(seed): status \(outcome.status), \(outcome.messages)")
    }
  }
}

/// Damage that looks random and is the same every time: SplitMix64.
private struct Damage: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// The data with flipped bits, cut off, or with a piece in another place.
  mutating func damaged(_ data: Data) -> Data {
    var bytes = [UInt8](data)
    let place = Int.random(in: 0..<bytes.count, using: &self)
    switch Int.random(in: 0..<4, using: &self) {
    case 0:
      bytes.removeLast(bytes.count - place)
    case 1:
      let piece = bytes[(bytes.count / 2)...].prefix(400)
      bytes.insert(contentsOf: piece, at: place)
    default:
      for _ in 0..<20 {
        let index = Int.random(in: 0..<bytes.count, using: &self)
        bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &self)
      }
    }
    return Data(bytes)
  }
}
