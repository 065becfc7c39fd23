import ArgumentParser
import Foundation

/// A reason to end with one line on standard error.
struct Failure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  /// An error as one line.
  static func line(_ error: any Error) -> String {
    "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
  }

  /// Runs `body`; its error becomes one line on standard error and exit status 1, but for an exit
  /// status, which is passed on.
  static func reporting(_ body: () throws -> Void) throws(ExitCode) {
    do { try body() } catch let status as ExitCode {
      throw status
    } catch {
      Console.say("csnstream: error: \(line(error))")
      throw ExitCode.failure
    }
  }

  /// Why a call of Foundation failed, without the file's name, which the caller says better.
  static func reason(_ error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    guard let code = underlying?.code, underlying?.domain == NSPOSIXErrorDomain else {
      return error.localizedDescription
    }
    return String(cString: strerror(Int32(code)))
  }
}
