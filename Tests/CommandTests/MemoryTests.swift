import Foundation
import Testing

/// Memory that does not suffice is told before it is used up.
@Suite(.timeLimit(.minutes(5))) struct MemoryTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  @Test("a network that does not fit into the memory is an error that says what helps")
  func tooLittleMemory() throws {
    try folder.makeVideo("in.mp4")
    let outcome = try folder.run(
      "ulimit -v 3000000; csnstream in.mp4 -o out.mp4 --input-size 1600")
    #expect(outcome.status == 1)
    #expect(
      outcome.isOneError(saying: "MB are free", "--input-size", "--clip-length"),
      "\(outcome.messages)")
    #expect(!folder.exists("out.mp4"))
  }
}
