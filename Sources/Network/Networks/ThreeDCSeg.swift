import Checkpoint

extension NetworkDescription {
  /// The paper's network: "Making a Case for 3D Convolutions for Object Segmentation in Videos",
  /// BMVC 2020, with ir-CSN-152.
  public static let threeDCSegR152 = threeDCSeg(
    152, blocks: [3, 8, 36, 3], origin: "bmvc_final.pth, published by the authors of 3DC-Seg")

  /// The paper's decoder on ir-CSN-101.
  public static let threeDCSegR101 = threeDCSeg(
    101, blocks: [3, 4, 23, 3],
    origin: "none are published; give your own, with names as in those of 3dcseg-r152")

  /// The paper's decoder on ir-CSN-50.
  public static let threeDCSegR50 = threeDCSeg(
    50, blocks: [3, 4, 6, 3],
    origin: "none are published; give your own, with names as in those of 3dcseg-r152")

  private static func threeDCSeg(
    _ depth: Int, blocks: [Int], origin: String
  ) -> NetworkDescription {
    NetworkDescription(
      name: "3dcseg-r\(depth)",
      summary: "3DC-Seg with an ir-CSN-\(depth) encoder",
      weightsOrigin: .external(origin),
      shortEdge: 480,
      normalisation: Normalisation(mean: [114.7748, 107.7354, 99.4750], divisor: 255)
    ) { ThreeDCSeg(blocks: blocks, $0) }
  }
}

/// The networks `3dcseg-…`. Output: logits of background and foreground, [2, T, H/4, W/4].
struct ThreeDCSeg: Network {
  let encoder: ChannelSeparatedEncoder
  let global: GC3D
  let refineGlobal: Residual
  let refine16: Refine3D
  let refine8: Refine3D
  let refine4: Refine3D
  let predict: Conv3D

  init(blocks: [Int], _ w: WeightScope) {
    encoder = ChannelSeparatedEncoder(blocks: blocks, w["encoder"])
    let decoder = w["decoders.0"]
    let gc = decoder["GC"]
    global = GC3D(
      2048, 256, left: (gc["conv_l1"], gc["conv_l2"]), right: (gc["conv_r1"], gc["conv_r2"]))
    refineGlobal = Residual(
      Conv3D(256, 256, kernel: 3, decoder["convG1"]),
      Conv3D(256, 256, kernel: 3, decoder["convG2"]))
    refine16 = Refine3D(skip: 1024, decoder["RF4"])
    refine8 = Refine3D(skip: 512, decoder["RF3"])
    refine4 = Refine3D(skip: 256, decoder["RF2"])
    predict = Conv3D(256, 2, kernel: 3, decoder["pred2"])

    // Predictions at /8, /16 and /32, which only training looks at.
    for sideOutput in ["pred3", "pred4", "pred5"] { decoder[sideOutput].leaveUnused() }
    // The encoder's tensors again, with its classifier; an input for masks; the normalisation.
    for rest in ["resnet", "conv1_p", "mean", "std"] { w["encoder"][rest].leaveUnused() }
  }

  func callAsFunction(_ frames: Tensor) -> Tensor {
    let r = encoder(frames)
    let m5 = refineGlobal(global(r[3]).named("gc")).named("m5")
    let m4 = refine16(r[2], m5).named("m4")
    let m3 = refine8(r[1], m4).named("m3")
    let m2 = refine4(r[0], m3).named("m2")
    return predict(relu(m2)).named("p2")
  }
}

extension Refine3D {
  fileprivate init(skip: Int, _ w: WeightScope) {
    func conv(_ name: String) -> Conv3D { Conv3D(256, 256, kernel: 3, w[name]) }
    self.init(
      project: Conv3D(skip, 256, kernel: 3, w["convFS1"]),
      refineSkip: Residual(conv("convFS2"), conv("convFS3")),
      adapt: nil,
      refineSum: Residual(conv("convMM1"), conv("convMM2")))
  }
}
