import ArgumentParser
import Checkpoint

/// `csnstream convert`: weights of any format in, safetensors out.
struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Convert a PyTorch checkpoint to safetensors.",
    discussion: """
      INPUT may be a PyTorch file of any age or safetensors. Nothing in it is executed. The output \
      holds the tensors of the state dict under their names, without the prefix "module.".
      """)

  @Argument(help: "The weights.")
  var input: String

  @Argument(help: "The safetensors file to write.")
  var output: String

  @Flag(help: "Round floating-point numbers to 16 bits.")
  var half = false

  @Flag(name: .customShort("y"), help: "Overwrite an existing output.")
  var overwrite = false

  func run() throws {
    try Failure.reporting {
      let file = try WeightsFile(path: input)
      try OutputFile.check(output, isNoneOf: [input])
      try OutputFile.checkReplaceable(output)
      try OutputFile.checkOverwriting(output, isAllowed: overwrite)
      try Safetensors.write(Array(file.weights.values), to: output, halvingFloats: half)
    }
  }
}
