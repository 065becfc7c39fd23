import Foundation
import Testing

/// A named pipe with a command at its other end, written or read as far as the test wants.
final class FIFO {
  private let descriptor: Int32

  init(_ path: String) throws {
    try #require(mkfifo(path, 0o600) == 0)
    // For both directions, so that opening it does not wait for the other end. It has no end, then,
    // as long as this exists.
    descriptor = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
    try #require(descriptor >= 0)
  }

  deinit { close(descriptor) }

  /// Writes everything, however long the command takes to read it.
  func write(_ data: Data) throws {
    var rest = data
    while !rest.isEmpty {
      let count = writeSome(rest, seconds: 60)
      try #require(count > 0, "nothing was read for a minute")
      rest = rest.dropFirst(count)
    }
  }

  /// Writes as much as there is room for, waiting for room at most for a time.
  /// - Returns: the number of bytes written.
  func writeSome(_ data: Data, seconds: Double) -> Int {
    guard isReady(POLLOUT, seconds: seconds) else { return 0 }
    let count = data.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    return max(0, count)
  }

  /// Reads a number of bytes, waiting a minute at most for each piece of them.
  func read(_ count: Int) throws -> Data {
    var data = Data()
    while data.count < count {
      let piece = readSome(count - data.count, seconds: 60)
      try #require(!piece.isEmpty, "\(data.count) of \(count) bytes, then nothing for a minute")
      data += piece
    }
    return data
  }

  /// Reads up to the end of a line, waiting a minute at most for each byte.
  func readLine() throws -> String {
    var line = Data()
    while line.last != UInt8(ascii: "\n") { line += try read(1) }
    return String(decoding: line.dropLast(), as: UTF8.self)
  }

  /// Reads what is there, waiting for it at most for a time.
  func readSome(_ count: Int, seconds: Double) -> Data {
    guard isReady(POLLIN, seconds: seconds) else { return Data() }
    var data = Data(count: count)
    let got = data.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
    return data.prefix(max(0, got))
  }

  private func isReady(_ event: Int32, seconds: Double) -> Bool {
    var poll = pollfd(fd: descriptor, events: Int16(event), revents: 0)
    return Glibc.poll(&poll, 1, Int32(seconds * 1000)) > 0
  }
}
