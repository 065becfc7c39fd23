import Foundation
import Testing

@Suite(.timeLimit(.minutes(5))) struct ConvertTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  /// A safetensors file of one tensor, `w`: 1 and 2 as 32-bit floats.
  private func makeWeights(_ name: String) throws {
    let header = #"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#
    let bytes =
      [UInt8(header.utf8.count), 0, 0, 0, 0, 0, 0, 0] + Array(header.utf8)
      + [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40]
    try Data(bytes).write(to: URL(fileURLWithPath: folder.file(name)))
  }

  @Test("converts, keeping types or rounding to half precision")
  func converts() throws {
    try makeWeights("in.safetensors")
    try folder.check("csnstream convert in.safetensors same.safetensors")
    #expect(
      try folder.data("same.safetensors").suffix(8) == folder.data("in.safetensors").suffix(8))
    try folder.check("csnstream convert --half in.safetensors half.safetensors")
    let half = try folder.data("half.safetensors")
    #expect(half.suffix(4) == Data([0x00, 0x3C, 0x00, 0x40]))
    #expect(String(decoding: half, as: UTF8.self).contains(#""dtype":"F16""#))
  }

  @Test("overwrites a file only with -y, and anything else never")
  func overwriting() throws {
    try makeWeights("in.safetensors")
    try folder.check("echo mine >out; mkdir folder")
    let refused = try folder.run("csnstream convert in.safetensors out")
    #expect(refused.status == 1 && refused.isOneError(saying: "out: exists", "-y"))
    #expect(try folder.check("cat out") == "mine\n")
    try folder.check("csnstream convert -y in.safetensors out")
    #expect(try folder.size("out") > 8)
    let other = try folder.run("csnstream convert -y in.safetensors folder")
    #expect(other.status == 1 && other.isOneError(saying: "folder", "not a regular file"))
  }

  @Test("tells in one line what is wrong with the input and writes nothing")
  func badInput() throws {
    // A pickle that would run a command.
    try folder.check(
      #"printf '\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02cos\nsystem\n"#
        + #"X\x04\x00\x00\x00harm\x85R.' >evil.pth; echo words >words.txt"#)
    for (input, cause) in [
      ("missing.pth", "No such file"), ("words.txt", "neither a safetensors file nor"),
      ("evil.pth", "\"os.system\""),
    ] {
      let outcome = try folder.run("csnstream convert \(input) out.safetensors")
      #expect(outcome.status == 1)
      #expect(outcome.isOneError(saying: input, cause), "\(outcome.messages)")
    }
    #expect(try folder.check("ls") == "evil.pth\nwords.txt\n")
  }
}
