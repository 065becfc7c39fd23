import Foundation

/// The folder in which OpenVINO keeps compiled networks.
///
/// OpenVINO names a file by the model, the device, its own version and the options that matter. A
/// file that was cut short is made anew; one whose bytes were changed may be taken for whole. No
/// file is deleted for its age, and a full disk only means that none is added.
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

  /// Makes the folder where it is missing, and sees to it that files can be added: OpenVINO goes on
  /// without a cache where they cannot, and does not say so.
  static func prepare(_ directory: String) throws(InferenceError) {
    do {
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true)
    } catch {
      let cause = (error as? CocoaError)?.underlying ?? error
      throw InferenceError(
        .cache, "cannot make the model cache folder \(directory): \(cause.localizedDescription)")
    }
    guard access(directory, W_OK) == 0 else {
      throw InferenceError(
        .cache,
        "cannot write to the model cache folder \(directory): \(String(cString: strerror(errno)))")
    }
  }
}
