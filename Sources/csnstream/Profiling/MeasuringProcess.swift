import Foundation
import Inference
import Network

/// Runs `csnstream measure` as a process of its own, so that its memory is that of one network.
struct MeasuringProcess {
  let network: NetworkDescription
  let weights: String
  let clip: ClipShape
  let device: Device
  let precision: Precision
  let threads: Int?
  let runs: Int

  func run() throws -> Measurement {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments =
      [
        "measure", "--model", network.name, "--weights", weights, "--clip", clip.description,
        "--device", device.rawValue, "--precision", precision.rawValue, "--runs", "\(runs)",
      ] + (threads.map { ["--threads", "\($0)"] } ?? [])
    let (output, messages) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = messages
    try process.run()
    // Both are short enough for a pipe's buffer.
    let json = output.fileHandleForReading.readDataToEndOfFile()
    let text = String(decoding: messages.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()

    let subject = "\(network.name), \(clip), \(precision.rawValue)"
    guard process.terminationReason == .exit else {
      let signal = process.terminationStatus
      throw Failure(
        "\(subject): ended by signal \(signal)"
          + (signal == SIGKILL ? "; there may be too little memory for it" : ""))
    }
    guard process.terminationStatus == 0 else {
      let reason = text.split(separator: "\n").last ?? "no reason given"
      throw Failure("\(subject): \(reason.replacing("csnstream: error: ", with: ""))")
    }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Measurement.self, from: json)
  }
}
