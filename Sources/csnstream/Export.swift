import ArgumentParser
import Network

/// `csnstream export`: a network as an ONNX file.
struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a network with its weights as ONNX, for clips of one size.",
    discussion: """
      The file's input is frames, uint8 [T, H, W, 3], RGB; its output is foreground, float32 \
      [T, H, W], probabilities. H and W are multiples of 32.
      """)

  @OptionGroup var network: NetworkOptions

  @Option(help: ArgumentHelp("The size of the clips, such as 8x256x448.", valueName: "TxHxW"))
  var clip: ClipShape

  @Argument(help: "The ONNX file to write.")
  var output: String

  func run() throws {
    try Failure.reporting {
      try OutputFile.check(output, isNoneOf: [network.weights])
      try OutputFile.write(try network.load().lower(clip: clip).onnx, to: output)
    }
  }
}
