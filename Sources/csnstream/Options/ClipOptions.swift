public import ArgumentParser
import Segmentation
public import Streaming

/// Which clips the network sees, and when masks come out.
struct ClipOptions: ParsableArguments {
  @Option(help: ArgumentHelp("T_c, the frames of a clip.", valueName: "frames"))
  var clipLength = 8

  @Option(help: ArgumentHelp("T_o, the frames neighbouring clips share.", valueName: "frames"))
  var overlap = 3

  @Option(
    help: ArgumentHelp(
      "Short edge of what the network sees; if not given what it was made for: 240 for lite, 480 "
        + "for the paper's networks.",
      valueName: "pixels"))
  var inputSize: Int?

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

  func validate() throws {
    guard clipLength >= 1 else { throw ValidationError("--clip-length must be at least 1") }
    guard (0..<clipLength).contains(overlap) else {
      throw ValidationError("--overlap must be from 0 to \(clipLength - 1), clip length less one")
    }
    if let inputSize, !(32...4096).contains(inputSize) {
      throw ValidationError("--input-size must be from 32 to 4096")
    }
  }

  var settings: ClipSettings {
    var settings = ClipSettings()
    settings.clipLength = clipLength
    settings.overlap = overlap
    settings.emission = emit
    settings.tail = schedule
    return settings
  }
}

extension Emission: ExpressibleByArgument {}
extension TailSchedule: ExpressibleByArgument {}
