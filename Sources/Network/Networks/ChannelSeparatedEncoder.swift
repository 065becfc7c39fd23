import Checkpoint

/// ir-CSN: a ResNet whose 3×3×3 convolutions are depthwise ("Video Classification with
/// Channel-Separated Convolutional Networks", ICCV 2019).
///
/// Frames [3, T, H, W] to features at 1/4, 1/8, 1/16 and 1/32 of the size, with 256, 512, 1024 and
/// 2048 channels and T, T/2, T/4 and T/8 frames, rounded up.
struct ChannelSeparatedEncoder: Sendable {
  let stem: Conv3D
  let stages: [[Bottleneck]]

  /// - Parameter blocks: bottlenecks of each of the four stages.
  init(blocks: [Int], _ w: WeightScope) {
    stem = Conv3D(
      3, 64, kernel: Extent3D(3, 7, 7), stride: Extent3D(1, 2, 2), w["conv1"], norm: w["bn1"])
    stages = zip(1..., blocks).map { stage, count in
      let planes = 32 << stage
      return (0..<count).map { index in
        Bottleneck(
          index > 0 ? planes * 4 : stage == 1 ? 64 : planes * 2, planes: planes,
          stride: index == 0 && stage > 1 ? 2 : 1, w["layer\(stage)"][index])
      }
    }
  }

  func callAsFunction(_ frames: Tensor) -> [Tensor] {
    var x = maxPool(
      relu(stem(frames)).named("stem"), kernel: Extent3D(1, 3, 3), stride: Extent3D(1, 2, 2))
    return zip(2..., stages).map { stage, blocks in
      x = blocks.reduce(x) { $1($0) }.named("res\(stage)")
      return x
    }
  }
}

/// relu(conv3(relu(conv2(relu(conv1(x))))) + shortcut(x)): 1×1×1, depthwise 3×3×3, 1×1×1.
struct Bottleneck: Layer {
  let conv1: Conv3D
  let conv2: Conv3D
  let conv3: Conv3D
  /// Where the shape changes; else x itself is added.
  let shortcut: Conv3D?

  init(_ input: Int, planes: Int, stride: Extent3D, _ w: WeightScope) {
    let output = planes * 4
    conv1 = Conv3D(input, planes, kernel: 1, w["conv1"], norm: w["bn1"])
    conv2 = Conv3D(
      planes, planes, kernel: 3, stride: stride, groups: planes, w["conv2"], norm: w["bn2"])
    conv3 = Conv3D(planes, output, kernel: 1, w["conv3"], norm: w["bn3"])
    shortcut =
      input == output
      ? nil
      : Conv3D(
        input, output, kernel: 1, stride: stride, w["downsample.0"], norm: w["downsample.1"])
  }

  func callAsFunction(_ x: Tensor) -> Tensor {
    relu(conv3(relu(conv2(relu(conv1(x))))) + (shortcut.map { $0(x) } ?? x))
  }
}
