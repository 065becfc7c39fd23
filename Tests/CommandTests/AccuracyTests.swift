import Foundation
import ReferenceData
import Testing

/// The program's masks of real footage are as good as those of the network's prototype in PyTorch.
@Suite(
  .timeLimit(.minutes(10)),
  .enabled(if: SharedFolder.exists, Comment(rawValue: SharedFolder.absent)))
struct AccuracyTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  /// J of the prototype in PyTorch, f32, on the first 24 frames of DAVIS 2016 train sequences in
  /// 480×270: frames scaled to 427×240, T_c 8, T_o 3, averaged, last clip anchored.
  private static let prototype = [
    "car-turn": 0.9027, "dance-jump": 0.8112, "elephant": 0.9331, "hike": 0.8960,
  ]

  @Test("video in, PNG masks out: J is that of the prototype")
  func matchesPrototype() throws {
    let shared = SharedFolder.url.path
    for sequence in Self.prototype.keys {
      try folder.check(
        """
        davis='\(shared)/data/davis2016-train'
        mkdir -p truth/\(sequence) &&
        cp $(ls "$davis"/Annotations/\(sequence)/*.png | head -n 24) truth/\(sequence) &&
        ffmpeg -v error -i "$davis"/JPEGImages/\(sequence)/%05d.jpg -frames:v 24 -c copy in.mkv &&
        csnstream in.mkv --mask masks/\(sequence)/%05d.png --precision f32 --input-size 240 \
          --weights '\(shared)/training/lite-prototype.safetensors' && rm in.mkv
        """)
    }
    let json = try folder.check("csnstream eval folder truth --predictions masks --json -")
    let report = try JSONDecoder().decode(Report.self, from: Data(json.utf8))
    let found = report.sequences.mapValues(\.J.mean)
    #expect(Set(found.keys) == Set(Self.prototype.keys))
    for (sequence, expected) in Self.prototype {
      #expect(abs(try #require(found[sequence]) - expected) < 0.01, "\(sequence)")
    }
  }

  private struct Report: Decodable {
    struct Sequence: Decodable { let J: Statistics }
    struct Statistics: Decodable { let mean: Double }
    let sequences: [String: Sequence]
  }
}
