public import ArgumentParser
public import Inference
import Segmentation
public import Streaming

/// Which network runs, on what, and on which clips.
struct NetworkOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The network.", valueName: "name"))
  var model = "lite"

  @Option(help: ArgumentHelp("Its weights; lite has its own.", valueName: "file"))
  var weights: String?

  @Option(help: ArgumentHelp("T_c, the frames of a clip.", valueName: "frames"))
  var clipLength = 8

  @Option(help: ArgumentHelp("T_o, the frames neighbouring clips share.", valueName: "frames"))
  var overlap = 3

  @Option(
    help: ArgumentHelp("Short edge of what the network sees.", valueName: "pixels"))
  var inputSize = 240

  @Option(
    help: ArgumentHelp(
      "first: a mask comes from the first clip that sees its frame, at most T_c - T_o - 1 frames "
        + "late. final: averaged over all clips, at most T_c - 1 frames late."))
  var emit = Emission.final

  @Option(
    help: ArgumentHelp(
      "How the end is covered. anchored: by one clip of the last T_c frames. published: as the "
        + "authors' code does, masks scaled up by nearest neighbour included."))
  var schedule = TailSchedule.anchored

  @Option(help: "CPU, GPU, NPU or AUTO (the GPU if there is one).")
  var device = Device.cpu

  @Option(help: "auto (bf16 where the device computes it natively), f32, bf16 or f16.")
  var precision = PrecisionChoice.auto

  @Option(help: ArgumentHelp("CPU threads; all cores if not given.", valueName: "count"))
  var threads: Int?

  func validate() throws {
    guard clipLength >= 1 else { throw ValidationError("--clip-length must be at least 1") }
    guard (0..<clipLength).contains(overlap) else {
      throw ValidationError("--overlap must be from 0 to \(clipLength - 1), clip length less one")
    }
    guard (32...4096).contains(inputSize) else {
      throw ValidationError("--input-size must be from 32 to 4096")
    }
    if let threads, threads < 1 { throw ValidationError("--threads must be at least 1") }
  }

  var clipSettings: ClipSettings {
    var settings = ClipSettings()
    settings.clipLength = clipLength
    settings.overlap = overlap
    settings.emission = emit
    settings.tail = schedule
    return settings
  }
}

/// A precision, or the choice left to the engine.
enum PrecisionChoice: String, CaseIterable, ExpressibleByArgument {
  case auto, f32, bf16, f16

  var precision: Precision? { Precision(rawValue: rawValue) }
}

extension Emission: ExpressibleByArgument {}
extension TailSchedule: ExpressibleByArgument {}
extension Device: ExpressibleByArgument {
  /// Reads the name in any case.
  public init?(argument: String) { self.init(rawValue: argument.uppercased()) }
}
