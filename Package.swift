// swift-tools-version: 6.2
import PackageDescription

// Scripts/setup puts OpenVINO's C headers and libraries here.
let openVINO = "\(Context.packageDirectory)/.deps/openvino"

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .unsafeFlags(["-Xcc", "-I\(openVINO)/include"]),
]

// SwiftPM refuses -rpath from pkg-config, so that it stands here.
let linkOpenVINO: [LinkerSetting] = [
  .unsafeFlags(["-L\(openVINO)/lib", "-Xlinker", "-rpath", "-Xlinker", "\(openVINO)/lib"])
]

let package = Package(
  name: "csnstream",
  products: [
    .executable(name: "csnstream", targets: ["csnstream"]),
    .library(name: "Media", targets: ["Media"]),
    .library(name: "Network", targets: ["Checkpoint", "Network"]),
    .library(name: "Inference", targets: ["Inference"]),
    .library(name: "Streaming", targets: ["Streaming"]),
    .library(name: "Segmentation", targets: ["Segmentation"]),
    .library(name: "Evaluation", targets: ["Evaluation"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-async-algorithms", from: "1.1.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
  ],
  targets: [
    .systemLibrary(
      name: "CFFmpeg",
      pkgConfig:
        "libavformat libavcodec libavfilter libavdevice libswscale libavutil",
      providers: [.apt(["libavformat-dev", "libavfilter-dev", "libavdevice-dev"])]),
    .systemLibrary(name: "COpenVINO"),

    .target(name: "Media", dependencies: ["CFFmpeg"], swiftSettings: settings),
    .target(name: "Checkpoint", swiftSettings: settings),
    .target(
      name: "Network",
      dependencies: [
        "Checkpoint", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      exclude: ["ONNX/onnx.proto"],
      resources: [.copy("Resources/lite.safetensors")],
      swiftSettings: settings),
    .target(
      name: "Inference", dependencies: ["COpenVINO"], swiftSettings: settings,
      linkerSettings: linkOpenVINO),
    .target(name: "Streaming", swiftSettings: settings),
    .target(name: "Evaluation", swiftSettings: settings),
    .target(
      name: "Segmentation",
      dependencies: [
        "Media", "Network", "Inference", "Streaming",
        .product(name: "AsyncAlgorithms", package: "swift-async-algorithms"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "csnstream",
      dependencies: [
        "Media", "Checkpoint", "Network", "Inference", "Streaming", "Segmentation",
        "Evaluation", .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings),

    .executableTarget(
      name: "SegmentFile", dependencies: ["Media", "Network", "Inference", "Segmentation"],
      path: "Examples/SegmentFile", swiftSettings: settings),

    // What tests of several modules compare with.
    .target(
      name: "ReferenceData", dependencies: ["Checkpoint"], path: "Tests/ReferenceData",
      swiftSettings: settings),
    .testTarget(name: "MediaTests", dependencies: ["Media"], swiftSettings: settings),
    .testTarget(name: "CheckpointTests", dependencies: ["Checkpoint"], swiftSettings: settings),
    .testTarget(
      name: "NetworkTests",
      dependencies: ["Network", "Checkpoint", "Inference", "ReferenceData"],
      swiftSettings: settings),
    .testTarget(
      name: "InferenceTests", dependencies: ["Inference", "Network"], swiftSettings: settings),
    .testTarget(name: "StreamingTests", dependencies: ["Streaming"], swiftSettings: settings),
    .testTarget(
      name: "EvaluationTests", dependencies: ["Evaluation", "Media", "ReferenceData"],
      swiftSettings: settings),
    .testTarget(
      name: "SegmentationTests", dependencies: ["Segmentation", "ReferenceData"],
      swiftSettings: settings),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "csnstream", "SegmentFile", "Media", "Checkpoint", "Network", "Inference", "ReferenceData",
      ],
      swiftSettings: settings),
  ]
)
