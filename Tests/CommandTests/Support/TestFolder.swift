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

  /// Starts a Python script of Tests/Support, and waits until it says that it is ready.
  func startScript(_ name: String, _ arguments: String) throws -> RunningCommand {
    let script = URL(fileURLWithPath: #filePath)
      .appendingPathComponent("../../../Support/\(name)").standardized.path
    // Debian's Python has GStreamer, others need not.
    let command = try start("exec /usr/bin/python3 '\(script)' \(arguments)")
    try command.waitForOutput(bytes: "ready\n".utf8.count)
    return command
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
///
/// Not Foundation's Process: that one takes a command for running as long as anything it started
/// lives, and these start endless sources.
final class RunningCommand {
  private var process: pid_t = 0
  /// As waitpid tells it; nil while the command runs.
  private var endStatus: Int32?
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
    let line =
      "cd '\(folder)' && exec </dev/null >'\(outputPath)' 2>'\(messagesPath)' && { \(command)\n}"
    let arguments: [UnsafeMutablePointer<CChar>?] = [
      strdup("bash"), strdup("-c"), strdup(line), nil,
    ]
    let variables: [UnsafeMutablePointer<CChar>?] =
      environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in arguments + variables { free(text) } }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // A group of its own, so that what it leaves behind can be ended with it.
    posix_spawnattr_setpgroup(&attributes, 0)
    var defaults = sigset_t()
    sigfillset(&defaults)
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP) | Int16(POSIX_SPAWN_SETSIGDEF))
    let result = posix_spawn(&process, "/bin/bash", nil, &attributes, arguments, variables)
    try #require(result == 0, "cannot start bash: \(String(cString: strerror(result)))")
  }

  deinit {
    kill(-process, SIGKILL)
    if endStatus == nil { waitpid(process, nil, 0) }
  }

  /// Sends a signal to the shell, or to what took its place by `exec`.
  func send(_ signal: Int32) { if isRunning { kill(process, signal) } }

  var isRunning: Bool {
    var status: Int32 = 0
    if endStatus == nil, waitpid(process, &status, WNOHANG) == process { endStatus = status }
    return endStatus == nil
  }

  /// Whether anything that it started still runs, though it has ended itself.
  var hasLeftProcesses: Bool { !isRunning && kill(-process, 0) == 0 }

  /// Its resident memory in bytes.
  func memory() throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
    let kibibytes = try #require(status.firstMatch(of: /VmRSS:\s+(\d+)/)?.output.1)
    return try #require(Int(kibibytes)) * 1024
  }

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
        isRunning, "\(command): ended before there was \(event): \(lines(messagesPath))")
      usleep(50_000)
    }
    Issue.record("\(command): waited a minute for \(event)")
  }

  /// Waits for the end; a command that does not end is stopped, and the test fails.
  func wait(seconds: Double = 120) throws -> Outcome {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while isRunning {
      if ContinuousClock.now > deadline {
        Issue.record("\(command): did not end within \(seconds) s")
        kill(-process, SIGKILL)
        var status: Int32 = 0
        waitpid(process, &status, 0)
        endStatus = status
        break
      }
      usleep(10_000)
    }
    let status = try #require(endStatus)
    let signal = status & 0x7F
    return Outcome(
      status: signal == 0 ? status >> 8 & 0xFF : 128 + signal,
      output: try Data(contentsOf: URL(fileURLWithPath: outputPath)),
      messages: lines(messagesPath))
  }

  private func lines(_ path: String) -> [String] {
    guard let data = FileManager.default.contents(atPath: path) else { return [] }
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
