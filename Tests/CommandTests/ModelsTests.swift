import Foundation
import Testing

@Suite(.timeLimit(.minutes(5))) struct ModelsTests {
  private struct Entry: Decodable {
    struct Clip: Decodable {
      let clip: String
      let multiplyAccumulates: Int
    }
    let name: String
    let parameters: Int
    let weights: String
    let clips: [Clip]
  }

  @Test("lists every network with its parameters, work and where its weights come from")
  func lists() throws {
    let folder = try TestFolder()
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let entries = try decoder.decode(
      [Entry].self, from: Data(folder.check("csnstream models --json").utf8))
    #expect(entries.map(\.name) == ["lite", "3dcseg-r50", "3dcseg-r101", "3dcseg-r152"])
    for entry in entries {
      #expect(
        entry.clips.map(\.clip)
          == ["8×128×224", entry.name == "lite" ? "8×256×448" : "8×480×864"])
    }
    let largest = try #require(entries.last)
    #expect(largest.clips[0].multiplyAccumulates / 1_000_000_000 == 160)
    #expect(largest.weights.contains("bmvc_final.pth"))

    let lines = try folder.check("csnstream models").split(separator: "\n")
    #expect(lines.count == 1 + entries.count)
    for (line, entry) in zip(lines.dropFirst(), entries) {
      #expect(line.hasPrefix(entry.name + " ") && line.hasSuffix(entry.weights))
      #expect(line.contains(String(format: " %.1f M ", Double(entry.parameters) / 1e6)))
    }
  }
}
