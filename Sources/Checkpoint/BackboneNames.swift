/// Recognises the weights of an encoder's backbone, which some take for the whole network's.
///
/// They come from training on a classification task, such as Kinetics, and have the names of a ResNet
/// without a prefix: `conv1`, `bn1`, `layer1` … `layer4`, and the classifier `fc`.
enum BackboneNames {
  private static let expected = ["conv1.weight", "bn1.weight", "layer1.0.conv1.weight"]
  private static let parts: Set<Substring> = [
    "conv1", "bn1", "layer1", "layer2", "layer3", "layer4", "fc",
  ]

  static func matches(_ names: Dictionary<String, Weight>.Keys) -> Bool {
    expected.allSatisfy(names.contains)
      && names.allSatisfy { parts.contains($0.prefix { $0 != "." }) }
  }
}
