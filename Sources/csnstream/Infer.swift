import ArgumentParser
import Checkpoint
import Inference
import Network

/// `csnstream infer`: one clip through a network, from file to file.
struct Infer: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a network on one clip, for comparison with other implementations.",
    discussion: """
      The input holds frames, uint8 [3, T, H, W], RGB; the output gets logits, float32 [2, T, H, W] \
      (background and foreground; [1, T, H, W] for lite), and foreground, float32 [T, H, W], \
      probabilities. Frames are padded with zeros, centred, to multiples of 32; the padding is cut \
      off the results.
      """)

  @OptionGroup var network: NetworkOptions
  @OptionGroup var device: DeviceOptions

  @Option(help: ArgumentHelp("The clip: a safetensors file.", valueName: "file"))
  var input: String

  @Option(help: ArgumentHelp("Where the results go: a safetensors file.", valueName: "file"))
  var output: String

  @Flag(name: .customShort("y"), help: "Overwrite an existing output.")
  var overwrite = false

  func run() throws {
    try Failure.reporting {
      try OutputFile.check(output, isNoneOf: [input, network.weights])
      try OutputFile.checkReplaceable(output)
      try OutputFile.checkOverwriting(output, isAllowed: overwrite)
      let clip = try ClipFile(path: input)
      let engine = try network.compile(
        clip: clip.padded, outputs: ["logits"], device: device,
        cacheDirectory: ModelCache.defaultDirectory
      ) { Console.warn($0) }
      var results: [Weight] = []
      try engine.run(
        fill: { input in clip.fill(&input) },
        read: { output, values in
          let cropped = clip.crop(values)
          results.append(
            Weight(
              name: output.name, shape: output.shape.dropLast(2) + [clip.height, clip.width],
              values: cropped))
        })
      try Safetensors.write(results, to: output)
      Console.say("csnstream: \(network.model) on \(engine.summary)")
    }
  }
}
