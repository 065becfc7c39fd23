import Foundation
import SwiftProtobuf

/// A network being written down as an ONNX graph while its layers are called.
///
/// Weights are kept as they are in their file and converted one at a time when the graph is
/// serialised, so that they are never in memory twice.
package final class Graph {
  /// Learned values of the layers called so far.
  package private(set) var parameterCount = 0
  /// Multiplications of convolutions, each with its addition, of the layers called so far.
  package private(set) var multiplyAccumulates = 0
  /// Intermediate values by the names that networks give them. Not as tensors, which own the graph:
  /// they would keep it, and the weights with it, in memory for ever.
  private(set) var taps: [String: (name: String, shape: TensorShape)] = [:]

  private var nodes: [Onnx_NodeProto] = []
  /// The size of every activation, in values, by its name.
  private var activationCounts: [String: Int] = [:]
  private var initialisers: [Initialiser] = []
  private var inputs: [Onnx_ValueInfoProto] = []
  private var outputs: [Onnx_ValueInfoProto] = []

  /// A constant of the graph; `bytes` yields row-major little-endian elements.
  private struct Initialiser {
    var name: String
    var shape: [Int]
    var type: Onnx_TensorProto.DataType
    var bytes: () throws(NetworkError) -> Data
  }

  /// An attribute's value.
  enum Attribute {
    case int(Int)
    case ints([Int])
    case string(String)
  }

  package init() {}

  /// Adds a graph input and returns its name.
  func input(_ name: String, _ type: Onnx_TensorProto.DataType, _ shape: [Int]) -> String {
    inputs.append(.init(name: name, type: type, shape: shape))
    return name
  }

  /// Makes the value `name`, float32 of `shape`, an output of the graph.
  func declareOutput(_ name: String, _ shape: [Int]) {
    outputs.append(.init(name: name, type: .float, shape: shape))
  }

  /// Adds an operation and returns the name of its result, which is `output` if given.
  func append(
    _ operation: String, _ operands: [String],
    _ attributes: KeyValuePairs<String, Attribute> = [:], output: String? = nil
  ) -> String {
    // OpenVINO gives merged values all their names and reports the alphabetically first, which must
    // be the output's: internal names come after those.
    let result = output ?? "~\(nodes.count)"
    nodes.append(
      .with {
        $0.name = "\(operation)_\(nodes.count)"
        $0.opType = operation
        $0.input = operands
        $0.output = [result]
        $0.attribute = attributes.map { Onnx_AttributeProto(name: $0.key, value: $0.value) }
      })
    return result
  }

  /// Adds a constant of integers and returns its name.
  func constant(_ values: [Int]) -> String {
    constant([values.count], .int64) { Data(littleEndian: values.map(Int64.init)) }
  }

  /// Adds a constant of floats, computed when the graph is serialised, and returns its name.
  func constant(
    _ shape: [Int], _ values: @escaping () throws(NetworkError) -> [Float]
  ) -> String {
    constant(shape, .float) { () throws(NetworkError) in Data(littleEndian: try values()) }
  }

  private func constant(
    _ shape: [Int], _ type: Onnx_TensorProto.DataType,
    _ bytes: @escaping () throws(NetworkError) -> Data
  ) -> String {
    let name = "constant_\(initialisers.count)"
    initialisers.append(Initialiser(name: name, shape: shape, type: type, bytes: bytes))
    return name
  }

  /// Counts the work of one layer.
  func count(parameters: Int, multiplyAccumulates: Int) {
    parameterCount += parameters
    self.multiplyAccumulates += multiplyAccumulates
  }

  /// Notes the size of the activations `name`.
  func count(activations: Int, of name: String) { activationCounts[name] = activations }

  /// The most activations that are needed at the same time, when the operations run in the order in
  /// which they were added and those that work value by value overwrite what nobody else needs.
  var peakActivations: Int {
    var lastUses: [String: Int] = [:]
    for (index, node) in nodes.enumerated() {
      for operand in node.input { lastUses[operand] = index }
    }
    for output in outputs { lastUses[output.name] = nodes.count }
    var (now, peak) = (0, 0)
    for (index, node) in nodes.enumerated() {
      let unneeded = Set(node.input).filter { lastUses[$0] == index }
        .reduce(0) { $0 + activationCounts[$1, default: 0] }
      let result = activationCounts[node.output[0], default: 0]
      let isInPlace = !["Conv", "MaxPool", "Resize", "Transpose"].contains(node.opType)
      peak = max(peak, now + result - (isInPlace ? unneeded : 0))
      now += result - unneeded
    }
    return peak
  }

  /// Makes `tensor` known as `name`.
  func tap(_ tensor: Tensor, as name: String) {
    taps[name] = (tensor.name, tensor.shape)
  }

  /// The graph as the bytes of an ONNX file.
  package func serialised(name: String) throws(NetworkError) -> [UInt8] {
    let model = Onnx_ModelProto.with {
      $0.irVersion = 8
      $0.producerName = "csnstream"
      $0.opsetImport = [.with { $0.version = 17 }]
      $0.graph.name = name
      $0.graph.node = nodes
      $0.graph.input = inputs
      $0.graph.output = outputs
    }
    var bytes = try encoded(model)
    let constantSizes = initialisers.map { $0.shape.reduce($0.type == .float ? 4 : 8, *) + 64 }
    bytes.reserveCapacity(constantSizes.reduce(bytes.count, +))
    // A serialised message followed by another of the same type is, by protobuf's rules, the two
    // merged. So each constant goes out as a model of its own, and only one is held at a time.
    for initialiser in initialisers {
      let values = try initialiser.bytes()
      bytes += try encoded(
        .with {
          $0.graph.initializer = [
            .with {
              $0.name = initialiser.name
              $0.dims = initialiser.shape.map(Int64.init)
              $0.dataType = Int32(initialiser.type.rawValue)
              $0.rawData = values
            }
          ]
        })
    }
    return bytes
  }

  private func encoded(_ model: Onnx_ModelProto) throws(NetworkError) -> [UInt8] {
    do {
      return try model.serializedBytes()
    } catch {
      throw NetworkError(.serialisation, "cannot write the network as ONNX: \(error)")
    }
  }
}

extension Onnx_AttributeProto {
  fileprivate init(name: String, value: Graph.Attribute) {
    self.init()
    self.name = name
    switch value {
    case .int(let value): (type, i) = (.int, Int64(value))
    case .ints(let values): (type, ints) = (.ints, values.map(Int64.init))
    case .string(let value): (type, s) = (.string, Data(value.utf8))
    }
  }
}

extension Onnx_ValueInfoProto {
  fileprivate init(name: String, type: Onnx_TensorProto.DataType, shape: [Int]) {
    self.init()
    self.name = name
    self.type.tensorType.elemType = Int32(type.rawValue)
    self.type.tensorType.shape.dim = shape.map { size in .with { $0.dimValue = Int64(size) } }
  }
}

extension Data {
  /// The values' bytes; all platforms that Swift runs OpenVINO on are little-endian.
  fileprivate init<Value: BitwiseCopyable>(littleEndian values: [Value]) {
    self = values.withUnsafeBytes { Data($0) }
  }
}
