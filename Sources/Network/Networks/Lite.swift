import Checkpoint

extension NetworkDescription {
  /// EfficientNet-lite0 inflated in time, GC3D, and refinement that is separable where pixels are many.
  public static let lite = lite(timeStrides: [2, 1])

  /// The same with other strides in time at /8 and /16; its prototype's were 2 and 2.
  package static func lite(timeStrides: [Int]) -> NetworkDescription {
    NetworkDescription(
      name: "lite",
      summary: "EfficientNet-lite0 inflated in time, for real time on a CPU",
      weightsOrigin: .bundled("lite"),
      // The most for which 16:9 fits 448×256.
      shortEdge: 252,
      normalisation: Normalisation(mean: [127, 127, 127], divisor: 128)
    ) { Lite($0, timeStrides: timeStrides) }
  }
}

/// The network `lite`. Output: one foreground logit, [1, T, H/4, W/4].
struct Lite: Network {
  let stem: Conv3D
  let stages: [[InvertedResidual]]
  let global: GC3D
  let refineGlobal: Residual
  let refine16: Refine3D
  let refine8: Refine3D
  let refine4: Refine3D
  let predict: Conv3D

  init(_ w: WeightScope, timeStrides: [Int]) {
    let halved = Extent3D(1, 2, 2)
    stem = Conv3D(
      3, 32, kernel: 3, stride: halved, padding: .same(3, stride: halved), w["stem"])
    stages = Stage.all(timeStrides).enumerated().map { index, stage in
      stage.blocks(w["stages"][index])
    }
    let gc = w["gc"]
    global = GC3D(320, 64, left: (gc["l1"], gc["l2"]), right: (gc["r1"], gc["r2"]))
    refineGlobal = Residual(Conv3D(64, 64, kernel: 3, w["g1"]), Conv3D(64, 64, kernel: 3, w["g2"]))
    refine16 = .dense(112, 64, w["r4"])
    refine8 = .separable(40, 64, coarse: 64, w["r3"])
    refine4 = .separable(24, 48, coarse: 64, w["r2"])
    predict = Conv3D(48, 1, kernel: 3, w["p2"])
    // Predictions at /8, /16 and /32, which only training looks at.
    for sideOutput in ["p3", "p4", "p5"] { w[sideOutput].leaveUnused() }
  }

  func callAsFunction(_ frames: Tensor) -> Tensor {
    var x = relu6(stem(frames))
    let features = stages.map { blocks in
      x = blocks.reduce(x) { $1($0) }
      return x
    }
    let m5 = refineGlobal(global(features[6])).named("m5")
    let m4 = refine16(features[4], m5).named("m4")
    let m3 = refine8(features[2], m4).named("m3")
    let m2 = refine4(features[1], m3).named("m2")
    return predict(relu(m2)).named("p2")
  }
}

/// One stage of the encoder: blocks of the same width, of which the first carries the stride.
private struct Stage {
  var expansion: Int
  var channels: (Int, Int)
  var repeats: Int
  var kernel: Extent3D
  var stride: Extent3D

  static func all(_ timeStrides: [Int]) -> [Stage] {
    [
      Stage(expansion: 1, channels: (32, 16), repeats: 1, kernel: Extent3D(1, 3, 3), stride: 1),
      Stage(expansion: 6, channels: (16, 24), repeats: 2, kernel: 3, stride: Extent3D(1, 2, 2)),
      Stage(
        expansion: 6, channels: (24, 40), repeats: 2, kernel: Extent3D(3, 5, 5),
        stride: Extent3D(timeStrides[0], 2, 2)),
      Stage(
        expansion: 6, channels: (40, 80), repeats: 3, kernel: 3,
        stride: Extent3D(timeStrides[1], 2, 2)),
      Stage(expansion: 6, channels: (80, 112), repeats: 3, kernel: Extent3D(3, 5, 5), stride: 1),
      Stage(
        expansion: 6, channels: (112, 192), repeats: 4, kernel: Extent3D(3, 5, 5),
        stride: Extent3D(1, 2, 2)),
      Stage(expansion: 6, channels: (192, 320), repeats: 1, kernel: 3, stride: 1),
    ]
  }

  func blocks(_ w: WeightScope) -> [InvertedResidual] {
    (0..<repeats).map { index in
      InvertedResidual(
        index == 0 ? channels.0 : channels.1, channels.1, expansion: expansion, kernel: kernel,
        stride: index == 0 ? stride : 1, w[index])
    }
  }
}

/// 1×1×1 up → ReLU6 → depthwise → ReLU6 → 1×1×1 down, added to the input where shapes allow.
struct InvertedResidual: Layer {
  let expand: Conv3D?
  let depthwise: Conv3D
  let project: Conv3D
  let hasShortcut: Bool

  init(
    _ input: Int, _ output: Int, expansion: Int, kernel: Extent3D, stride: Extent3D,
    _ w: WeightScope
  ) {
    let middle = input * expansion
    expand = expansion == 1 ? nil : Conv3D(input, middle, kernel: 1, w["ex"])
    depthwise = Conv3D(
      middle, middle, kernel: kernel, stride: stride, padding: .same(kernel, stride: stride),
      groups: middle, w["dw"])
    project = Conv3D(middle, output, kernel: 1, w["pr"])
    hasShortcut = input == output && stride == 1
  }

  func callAsFunction(_ x: Tensor) -> Tensor {
    let expanded = expand.map { relu6($0(x)) } ?? x
    let y = project(relu6(depthwise(expanded)))
    return hasShortcut ? x + y : y
  }
}

extension Refine3D {
  fileprivate static func dense(_ skip: Int, _ channels: Int, _ w: WeightScope) -> Refine3D {
    func conv(_ name: String) -> Conv3D { Conv3D(channels, channels, kernel: 3, w[name]) }
    return Refine3D(
      project: Conv3D(skip, channels, kernel: 3, w["fs1"]),
      refineSkip: Residual(conv("fs2"), conv("fs3")),
      adapt: nil,
      refineSum: Residual(conv("mm1"), conv("mm2")))
  }

  fileprivate static func separable(
    _ skip: Int, _ channels: Int, coarse: Int, _ w: WeightScope
  ) -> Refine3D {
    func conv(_ name: String) -> SeparableConv3D { SeparableConv3D(channels, channels, w[name]) }
    return Refine3D(
      project: Conv3D(skip, channels, kernel: 1, w["fs1"]),
      refineSkip: Residual(conv("fs2"), conv("fs3")),
      adapt: coarse == channels ? nil : Conv3D(coarse, channels, kernel: 1, w["pj"]),
      refineSum: Residual(conv("mm1"), conv("mm2")))
  }
}
