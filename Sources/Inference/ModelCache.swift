import Foundation

/// The folder in which OpenVINO keeps compiled networks.
///
/// OpenVINO names its files by the model, the device, its own version and the options that matter.
/// It throws a file away that was cut short, and never deletes one for its age.
public enum ModelCache {
  /// `$XDG_CACHE_HOME/csnstream`, or `~/.cache/csnstream` where that is not set to an absolute path
  /// (XDG Base Directory Specification).
  public static var defaultDirectory: String {
    defaultDirectory(environment: ProcessInfo.processInfo.environment)
  }

  package static func defaultDirectory(environment: [String: String]) -> String {
    if let caches = environment["XDG_CACHE_HOME"], caches.hasPrefix("/") {
      return caches + "/csnstream"
    }
    return (environment["HOME"] ?? NSHomeDirectory()) + "/.cache/csnstream"
  }

  /// Makes the folder where it is missing.
  ///
  /// OpenVINO itself would go on without a cache where it cannot write.
  static func prepare(_ directory: String) throws(InferenceError) {
    do {
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true)
    } catch {
      throw InferenceError(
        .cache, "cannot make the model cache folder \(directory): \(error.localizedDescription)")
    }
    guard FileManager.default.isWritableFile(atPath: directory) else {
      throw InferenceError(.cache, "cannot write to the model cache folder \(directory)")
    }
  }
}
