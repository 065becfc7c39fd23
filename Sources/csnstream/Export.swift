import ArgumentParser
import Foundation
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

  @Argument(help: "The ONNX file to write; - for stdout.")
  var output: String

  @Flag(name: .customShort("y"), help: "Overwrite an existing output.")
  var overwrite = false

  func run() throws {
    try Failure.reporting {
      try OutputFile.check(output, isNoneOf: [network.weights])
      try OutputFile.checkOverwriting(output, isAllowed: overwrite)
      let model = try network.load().lower(clip: clip).onnx
      if output == "-" {
        try StandardOutput.write(Data(model))
      } else {
        try OutputFile.write(model, to: output)
      }
    }
  }
}
