import Foundation
import Testing

/// A folder for the files of one test, and the commands run in it; removed with the last reference.
final class TestFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "csnstream-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }

  func data(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: file(name)))
  }

  func size(_ name: String) throws -> Int {
    try #require(FileManager.default.attributesOfItem(atPath: file(name))[.size] as? Int)
  }

  /// Starts a line of bash in the folder; `csnstream` in it is the program that was built.
  func start(_ command: String) throws -> RunningCommand {
    try RunningCommand(command, folder: path)
  }

  /// Runs a line of bash and waits for its end.
  func run(_ command: String) throws -> Outcome { try start(command).wait() }

  /// Runs a line of bash that must succeed, and returns what it writes to standard output.
  @discardableResult
  func check(_ command: String) throws -> String {
    let outcome = try run(command)
    try #require(
      outcome.status == 0, "\(command): status \(outcome.status), \(outcome.messages)")
    return outcome.text
  }
}

/// How a command ended and what it wrote.
struct Outcome {
  /// The exit status; 128 + the signal where one ended it.
  let status: Int32
  let output: Data
  /// The lines on standard error.
  let messages: [String]

  var text: String { String(decoding: output, as: UTF8.self) }

  /// Whether there is one line about an error, and whether it says all of `words`.
  func isOneError(saying words: String...) -> Bool {
    let errors = messages.filter { !$0.hasPrefix("csnstream: lite on ") }
    return errors.count == 1 && errors[0].hasPrefix("csnstream: error: ")
      && words.allSatisfy { errors[0].contains($0) }
  }
}

/// A line of bash that is running, or was.
final class RunningCommand {
  private let process = Process()
  private let ended = DispatchSemaphore(value: 0)
  private let command: String
  private let outputPath: String
  private let messagesPath: String

  /// Where the build put the program and this test.
  private static let buildFolder = URL(fileURLWithPath: "/proc/self/exe")
    .resolvingSymlinksInPath().deletingLastPathComponent().path

  fileprivate init(_ command: String, folder: String) throws {
    self.command = command
    let name = "\(folder)/.\(UUID().uuidString)"
    (outputPath, messagesPath) = (name + ".out", name + ".err")
    var environment = ProcessInfo.processInfo.environment
    environment["PATH"] = "\(Self.buildFolder):\(environment["PATH"] ?? "/usr/bin:/bin")"
    // One cache for all tests: compiling a network takes longer than running it here.
    environment["XDG_CACHE_HOME"] = Self.buildFolder + "/CommandTests.cache"
    process.environment = environment
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = [
      "-c", "cd '\(folder)' && exec >'\(outputPath)' 2>'\(messagesPath)' && { \(command)\n}",
    ]
    process.standardInput = FileHandle.nullDevice
    process.terminationHandler = { [ended] _ in ended.signal() }
    try process.run()
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  /// Sends a signal to the shell, or to what took its place by `exec`.
  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  var isRunning: Bool { process.isRunning }

  /// Waits for a line on standard error.
  func waitForMessage(_ isExpected: (String) -> Bool) throws {
    try waitUntil("a message") { lines(messagesPath).contains(where: isExpected) }
  }

  /// Waits until that many bytes have come to standard output.
  func waitForOutput(bytes: Int) throws {
    try waitUntil("\(bytes) bytes") {
      FileManager.default.contents(atPath: outputPath)?.count ?? 0 >= bytes
    }
  }

  private func waitUntil(_ event: String, _ hasHappened: () -> Bool) throws {
    for _ in 0..<1200 {
      if hasHappened() { return }
      try #require(
        process.isRunning, "\(command): ended before there was \(event): \(lines(messagesPath))")
      usleep(50_000)
    }
    Issue.record("\(command): waited a minute for \(event)")
  }

  /// Waits for the end; a command that does not end is stopped, and the test fails.
  func wait(seconds: Double = 120) throws -> Outcome {
    if ended.wait(timeout: .now() + seconds) == .timedOut {
      send(SIGKILL)
      ended.wait()
      Issue.record("\(command): did not end within \(seconds) s")
    }
    let isSignalled = process.terminationReason == .uncaughtSignal
    return Outcome(
      status: process.terminationStatus + (isSignalled ? 128 : 0),
      output: try Data(contentsOf: URL(fileURLWithPath: outputPath)),
      messages: lines(messagesPath))
  }

  private func lines(_ path: String) -> [String] {
    guard let data = FileManager.default.contents(atPath: path) else { return [] }
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
