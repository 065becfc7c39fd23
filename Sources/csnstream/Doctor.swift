import ArgumentParser

/// `csnstream doctor`
struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Print versions, devices and paths.")
  func run() throws {}
}
