import ArgumentParser

/// The program: `run` unless another verb is named.
@main
struct CSNStream: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "csnstream",
    abstract: "Cuts the moving, salient things out of a video, live.",
    usage: """
      csnstream [run] INPUT [-o FILE] [--mask FILE] [options]
      csnstream VERB [options]
      """,
    discussion: """
      csnstream INPUT writes INPUT_overlay.mp4. INPUT is a file, a URL, a folder of images, an image \
      pattern such as frames/%05d.jpg, a camera such as /dev/video0, or - for standard input. \
      csnstream run --help lists the options.

      Exit status: 0; 1 after an error, which is told in a line on standard error; 3 when --max-latency \
      was not kept; 64 for a wrong command line; 130 after SIGINT, 143 after SIGTERM and 129 when \
      the terminal is closed, unless it is 3; 141 when the reader of a pipe is gone.
      """,
    version: "0.1.0",
    subcommands: [
      Run.self, Probe.self, Models.self, Convert.self, Infer.self, Export.self, Profile.self,
      Measure.self, Eval.self, Doctor.self,
    ],
    defaultSubcommand: Run.self)
}
