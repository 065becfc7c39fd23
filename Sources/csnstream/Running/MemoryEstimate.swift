import Foundation
import Media
import Network
import Segmentation

/// How much memory a run will take, told before it begins.
enum MemoryEstimate {
  /// The bytes held while it runs: what the process holds now that the network is compiled and has run, and what
  /// will be on its way from the decoder to the files.
  static func running(
    video: VideoInfo, settings: ClipSettings, geometry: InputGeometry, output: OutputOptions,
    plan: OutputPlan
  ) -> Int {
    // One clip waits for its masks, and on both sides of the network wait as many frames as a clip
    // brings in; a few more are with the decoder and in hand. Live, outputs have queues.
    let queued = video.isLive ? OutputMaker.queueCapacity(settings.clipLength) : 0
    let frames = settings.clipLength + 2 * settings.newFramesMax + queued
    let pictures = (frames + 6) * video.bytesPerFrame
    // 8-bit RGB in the ring and beside every frame, float probabilities beside every frame.
    let canvas = 3 * (settings.clipLength + frames) + 4 * frames
    var bytes = ProcessMemory.resident + pictures + canvas * geometry.canvasPixels + 14_000_000
    let videos =
      plan.overlays.map { try? output.overlaySettings($0, isLive: video.isLive) }
      + plan.masks.map { try? output.maskSettings($0, isLive: video.isLive) }
    for case let settings? in videos where settings.usesX264 {
      // x264's own copies, their reductions and what it knows about them; fitted to measurements.
      bytes += video.bytesPerFrame * (30 + 2 * lookahead(output.preset))
    }
    for mask in plan.masks where mask.hasSuffix(".mkv") {
      // The size of the packet that FFmpeg's FFV1 encoder prepares for the worst case.
      bytes += 37 * 4 * video.displaySize.width * video.displaySize.height
    }
    return bytes
  }

  /// The peak in bytes of compiling and running a network on the CPU in f32; fitted to measurements,
  /// which it met within a tenth.
  static func compilation(_ cost: NetworkCost) -> Int {
    let weights = 4 * Double(cost.parameters)
    let activations = 4 * Double(cost.peakActivations)
    // While it compiles, OpenVINO holds the weights as they were read and as they will be used, and more
    // copies of some; later it holds both, and the activations.
    return 170_000_000 + Int(max(3.7 * weights, 2.4 * weights + 1.08 * activations))
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
  /// The largest resident size so far in bytes, mapped files included.
  ///
  /// Not getrusage's: that of a new program begins with what the one that started it had.
  static var peak: Int { status("VmHWM") }

  /// The resident size now in bytes, mapped files included.
  static var resident: Int { status("VmRSS") }

  /// The addresses in use now, in bytes; what a limit on them counts.
  static var addressSpace: Int { status("VmSize") }

  private static func status(_ key: String) -> Int { bytes(key, in: "/proc/self/status") ?? 0 }

  /// A value that the kernel tells in a file of lines such as `VmRSS:  1234 kB`.
  static func bytes(_ key: String, in file: String) -> Int? {
    let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("\(key):") }
    let kibibytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first
    return kibibytes.flatMap { Int($0) }.map { $0 * 1024 }
  }
}
