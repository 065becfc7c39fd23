public import ArgumentParser
public import Network

extension ClipShape: ExpressibleByArgument {
  /// Reads `8x128x224` or `8×128×224`: frames, height, width.
  public init?(argument: String) {
    let parts = argument.lowercased().split(
      omittingEmptySubsequences: false, whereSeparator: { "x×".contains($0) })
    let sizes = parts.compactMap { Int($0) }
    guard parts.count == 3, sizes.count == 3 else { return nil }
    self.init(frames: sizes[0], height: sizes[1], width: sizes[2])
  }
}
