import ArgumentParser

/// What is told about a run, and what it must keep to.
struct ReportOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Write what happened as JSON.", valueName: "file"))
  var stats: String?

  @Option(
    help: ArgumentHelp(
      "Tell what happens every so often, a line of JSON on stderr.", valueName: "seconds"))
  var statsInterval: Double?

  @Option(
    help: ArgumentHelp("Append the lines of --stats-interval to a file.", valueName: "file"))
  var statsLog: String?

  @Option(
    help: ArgumentHelp(
      "End with status 3 if a mask was written later than this after its frame was decoded; with "
        + "--emit first, masks of the first clip of a scene are excepted.",
      valueName: "ms"))
  var maxLatency: Double?

  @Option(help: "auto (a bar on a terminal), none, json or ffmpeg; on stderr.")
  var progress = ProgressStyle.auto

  func validate() throws {
    if let statsInterval, !(0.1...86400).contains(statsInterval) {
      throw ValidationError("--stats-interval must be from 0.1 to 86400")
    }
    if statsLog != nil && statsInterval == nil {
      throw ValidationError("--stats-log needs --stats-interval")
    }
    if stats == "-" || statsLog == "-" {
      throw ValidationError("--stats and --stats-log must be files, not standard output")
    }
    if let maxLatency, !(maxLatency > 0) {
      throw ValidationError("--max-latency must be above 0")
    }
  }

  /// How progress is shown: not as a bar where lines of statistics would break it.
  var progressStyle: ProgressStyle {
    progress == .auto && statsInterval != nil && statsLog == nil ? .none : progress
  }
}
