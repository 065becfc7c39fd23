public import ArgumentParser
import Segmentation
public import Streaming

/// Which clips the network sees, and when masks come out.
struct ClipOptions: ParsableArguments {
  @Option(help: ArgumentHelp("T_c, the frames of a clip.", valueName: "frames"))
  var clipLength = 8

  @Option(
    help: ArgumentHelp(
      "T_o, the frames neighbouring clips share. MIN-MAX: as many as a live source leaves time for, "
        + "less before frames are dropped; auto is 0-3.",
      valueName: "frames"))
  var overlap = OverlapArgument.fixed(3)

  @Option(
    help: ArgumentHelp(
      "Short edge of what the network sees; if not given what it was made for: 252 for lite, 480 "
        + "for the paper's networks.",
      valueName: "pixels"))
  var inputSize: Int?

  @Option(
    help: ArgumentHelp(
      "first: a mask comes from the first clip that sees its frame, at most T_c - T_o - 1 frames "
        + "late. final: averaged over all clips, at most T_c - 1 frames late. first for live "
        + "sources, else final."))
  var emit: Emission?

  @Option(
    help: ArgumentHelp(
      "How the end is covered. anchored: by one clip of the last T_c frames. published: as the "
        + "authors' code does, masks scaled up by nearest neighbour included."))
  var schedule = TailSchedule.anchored

  @Option(
    help: "auto or off: whether scenes are told apart, so that masks do not reach across cuts.")
  var cuts = CutDetection.auto

  func validate() throws {
    guard clipLength >= 1 else { throw ValidationError("--clip-length must be at least 1") }
    guard overlap.least >= 0, overlap.most < clipLength else {
      throw ValidationError(
        "--overlap, 3 unless given, must be from 0 to \(clipLength - 1), clip length less one")
    }
    if let inputSize, !(32...4096).contains(inputSize) {
      throw ValidationError("--input-size must be from 32 to 4096")
    }
    if schedule == .published, case .elastic = overlap {
      throw ValidationError("--schedule published has a fixed --overlap")
    }
  }

  /// How a source is cut into clips. One that waits for the network has time for all the overlap.
  func settings(isLive: Bool) -> ClipSettings {
    var settings = ClipSettings()
    settings.clipLength = clipLength
    settings.overlap = overlap.most
    settings.minimumOverlap = isLive && overlap.least < overlap.most ? overlap.least : nil
    settings.emission = emit ?? .standard(isLive: isLive)
    settings.tail = schedule
    // The published protocol knows no cuts.
    settings.detectsCuts = cuts == .auto && schedule == .anchored
    return settings
  }
}

/// `--cuts`.
enum CutDetection: String, CaseIterable, ExpressibleByArgument {
  /// Cuts are looked for, except with the published schedule.
  case auto
  /// The whole video is taken for one scene.
  case off
}

extension TailSchedule: ExpressibleByArgument {}

extension Emission: ExpressibleByArgument {
  /// Unless told otherwise: of a live source soon, of others as good as can be.
  static func standard(isLive: Bool) -> Emission { isLive ? .first : .final }
}

extension DropPolicy: ExpressibleByArgument {
  /// Unless told otherwise: only a live source does not wait.
  static func standard(isLive: Bool) -> DropPolicy { isLive ? .latest : .none }
}
