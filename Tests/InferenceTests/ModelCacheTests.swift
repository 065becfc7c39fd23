import Foundation
import Inference
import Testing

/// A folder of its own for one test.
private final class TemporaryFolder {
  let path = NSTemporaryDirectory() + "csnstream-" + UUID().uuidString

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite struct ModelCacheTests {
  @Test func `takes a compiled network from the cache`() throws {
    let folder = try TemporaryFolder()
    let cache = folder.path + "/made/here"
    #expect(try !compile(into: cache).isFromCache)
    #expect(try files(in: cache).count == 1)
    #expect(try compile(into: cache).isFromCache)
  }

  @Test(arguments: [0, 0.5, 0.99])
  func `compiles anew when a file was cut short`(share: Double) throws {
    let folder = try TemporaryFolder()
    _ = try compile(into: folder.path)
    let file = try #require(try files(in: folder.path).first)
    // OpenVINO makes its files read-only.
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
    let whole = try Data(contentsOf: URL(fileURLWithPath: file))
    try whole.prefix(Int(Double(whole.count) * share)).write(to: URL(fileURLWithPath: file))

    let engine = try compile(into: folder.path)
    #expect(!engine.isFromCache)
    try engine.run { input in
      for index in input.indices { input[index] = 255 }
    } read: { _, values in
      #expect(values.indices.allSatisfy { abs(values[$0] - 1) < 1e-6 })
    }
    #expect(try compile(into: folder.path).isFromCache)
  }

  @Test func `keeps different networks apart`() throws {
    let folder = try TemporaryFolder()
    _ = try compile(into: folder.path)
    let other = try OpenVINOEngine(
      onnx: Fixture.scaledAndMean.onnx,
      options: EngineOptions(precision: .f32, cacheDirectory: folder.path))
    #expect(!other.isFromCache)
    #expect(other.outputs.count == 2)
    #expect(try files(in: folder.path).count == 2)
  }

  @Test func `refuses a cache folder that cannot be made`() throws {
    let folder = try TemporaryFolder()
    let file = folder.path + "/file"
    try Data().write(to: URL(fileURLWithPath: file))
    let error = try #require(throws: InferenceError.self) { try compile(into: file + "/cache") }
    #expect(error.code == .cache)
    #expect(error.message.hasPrefix("cannot make the model cache folder \(file)/cache: "))
    #expect(error.message.hasSuffix("Not a directory"))
  }

  @Test(.enabled(if: getuid() != 0, "root may write everywhere"))
  func `refuses a cache folder that cannot be written`() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.setAttributes([.posixPermissions: 0o500], ofItemAtPath: folder.path)
    #expect(
      throws: InferenceError(
        .cache, "cannot write to the model cache folder \(folder.path): Permission denied")
    ) { try compile(into: folder.path) }
  }

  @Test(arguments: [
    (["XDG_CACHE_HOME": "/var/cache/me", "HOME": "/home/me"], "/var/cache/me/csnstream"),
    (["HOME": "/home/me"], "/home/me/.cache/csnstream"),
    (["XDG_CACHE_HOME": "", "HOME": "/home/me"], "/home/me/.cache/csnstream"),
    (["XDG_CACHE_HOME": "relative", "HOME": "/home/me"], "/home/me/.cache/csnstream"),
  ])
  func `finds the folder as the XDG specification says`(
    environment: [String: String], folder: String
  ) {
    #expect(ModelCache.defaultDirectory(environment: environment) == folder)
  }

  private func compile(into folder: String) throws -> OpenVINOEngine {
    try OpenVINOEngine(
      onnx: Fixture.mean.onnx, options: EngineOptions(precision: .f32, cacheDirectory: folder))
  }

  private func files(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).map { folder + "/" + $0 }
  }
}
