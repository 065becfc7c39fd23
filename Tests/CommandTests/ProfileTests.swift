import Foundation
import Testing

@Suite(.serialized, .timeLimit(.minutes(10))) struct ProfileTests {
  private struct Row: Decodable {
    struct Seconds: Decodable {
      let median: Double
      let min: Double
      let max: Double
    }
    let network: String
    let clip: String
    let precision: String
    let parameters: Int
    let multiplyAccumulates: Int
    let weightsBytes: Int
    let weightsAreMadeUp: Bool
    let peakMemoryBytes: Int
    let startupSeconds: Double
    let secondsPerClip: Seconds
    let secondsPerNewFrame: Double
  }

  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  private func profile(_ options: String) throws -> [Row] {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let json = try folder.check("TMPDIR=$PWD csnstream profile --json \(options)")
    return try decoder.decode([Row].self, from: Data(json.utf8)).filter { $0.precision == "f32" }
  }

  @Test("has a row for every network and clip, with times per clip and per new frame")
  func rows() throws {
    let rows = try profile("--model lite --clip 2x32x32 --clip 8x32x64 --runs 3")
    #expect(rows.map(\.clip) == ["2×32×32", "8×32×64"])
    for (row, newFrames) in zip(rows, [1.0, 5]) {
      #expect(row.network == "lite" && row.parameters == 4_552_993 && !row.weightsAreMadeUp)
      #expect(row.weightsBytes > 2 * row.parameters && row.peakMemoryBytes > row.weightsBytes)
      let seconds = row.secondsPerClip
      #expect(0 < seconds.min && seconds.min <= seconds.median && seconds.median <= seconds.max)
      #expect(row.startupSeconds > seconds.min)
      #expect(abs(row.secondsPerNewFrame * newFrames - seconds.median) < 1e-9)
    }
    #expect(rows[1].multiplyAccumulates > 7 * rows[0].multiplyAccumulates)
  }

  @Test("measures networks without weights with made-up ones, and each network's memory alone")
  func madeUpWeights() throws {
    let rows = try profile("--model 3dcseg-r50 --model lite --clip 1x32x32 --runs 1")
    #expect(rows.map(\.network) == ["3dcseg-r50", "lite"])
    #expect(rows.map(\.weightsAreMadeUp) == [true, false])
    #expect(rows[0].weightsBytes > 4 * rows[0].parameters)
    #expect(rows[0].peakMemoryBytes > rows[0].weightsBytes)
    #expect(rows[1].peakMemoryBytes < rows[0].peakMemoryBytes / 2)
    #expect(try folder.check("ls").isEmpty)
  }

  @Test("prints a table")
  func table() throws {
    let lines = try folder.check("csnstream profile --model lite --clip 1x32x32 --runs 1")
      .split(separator: "\n")
    #expect(lines[0].hasPrefix("network ") && lines[0].hasSuffix("s/new frame"))
    #expect(lines[1].hasPrefix("lite ") && lines[1].contains(" 1×32×32 "))
    #expect(lines[1].contains(" 4.6 M "))
    #expect(lines.allSatisfy { $0.count == lines[0].count })
  }

  @Test(
    "tells in one line what is wrong",
    arguments: [
      ("--model heavy", "heavy"), ("--clip 8x33x64", "8×33×64"), ("--device NPU", "NPU"),
    ])
  func errors(options: String, word: String) throws {
    let outcome = try folder.run("csnstream profile \(options)")
    #expect(outcome.status == 1 && outcome.output.isEmpty)
    #expect(outcome.isOneError(saying: word), "\(outcome.messages)")
  }
}
