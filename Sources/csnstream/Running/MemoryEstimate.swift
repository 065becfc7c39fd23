import Foundation
import Media
import Segmentation

/// How much memory a run will take, told before it begins.
enum MemoryEstimate {
  /// The peak in bytes: what the process holds now that the network is compiled and has run, and what
  /// will be on its way from the decoder to the files.
  static func peak(
    video: VideoInfo, settings: ClipSettings, geometry: InputGeometry, output: OutputOptions,
    plan: OutputPlan
  ) -> Int {
    // One clip waits for its masks, and the channels on both sides of the network hold as many frames
    // as a clip brings in; a few more are with the decoder and in hand.
    let frames = settings.clipLength + 2 * (settings.clipLength - settings.overlap)
    let pictures = (frames + 6) * video.bytesPerFrame
    // 8-bit RGB in the ring and beside every frame, float probabilities beside every frame.
    let canvas = 3 * (settings.clipLength + frames) + 4 * frames
    var bytes = ProcessMemory.resident + pictures + canvas * geometry.canvasPixels + 14_000_000
    if let overlay = plan.overlay, output.encodes(overlay) {
      // x264's own copies, their reductions and what it knows about them; fitted to measurements.
      bytes += video.bytesPerFrame * (30 + 2 * lookahead(output.preset))
    }
    if plan.mask?.hasSuffix(".mkv") == true {
      // The size of the packet that FFmpeg's FFV1 encoder prepares for the worst case.
      bytes += 37 * 4 * video.displaySize.width * video.displaySize.height
    }
    return max(bytes, ProcessMemory.peak)
  }

  /// The frames x264 looks ahead, by preset.
  private static func lookahead(_ preset: String) -> Int {
    switch preset {
    case "ultrafast", "superfast": 0
    case "veryfast": 10
    case "faster": 20
    case "fast": 30
    case "medium": 40
    case "slow": 50
    default: 60
    }
  }
}

/// The memory of this process.
enum ProcessMemory {
  /// The most bytes held so far.
  static var peak: Int {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    return usage.ru_maxrss * 1024
  }

  /// The bytes held now.
  static var resident: Int {
    let pages = FileManager.default.contents(atPath: "/proc/self/statm")
      .map { String(decoding: $0, as: UTF8.self).split(separator: " ") }
      .flatMap { $0.count > 1 ? Int($0[1]) : nil }
    return (pages ?? 0) * sysconf(Int32(_SC_PAGESIZE))
  }
}
