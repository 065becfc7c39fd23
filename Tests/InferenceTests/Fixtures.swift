import Foundation

/// Small ONNX models, made by the Python script at the end of this file.
enum Fixtures {
  /// `frames` uint8 [2, 3, 4, 3] in; out `foreground` [2, 3, 4], the mean of each colour, 0…1.
  static let mean = decode(
    """
    CAg63wEKIQoGZnJhbWVzEgZ2YWx1ZXMiBENhc3QqCQoCdG8YAaABAgocCgZ2YWx1ZXMKBXNjYWxlEgZzY2FsZWQiA011
    bAo+CgZzY2FsZWQSCmZvcmVncm91bmQiClJlZHVjZU1lYW4qCwoEYXhlc0ADoAEHKg8KCGtlZXBkaW1zGACgAQISB2Zp
    eHR1cmUqDxABIgSBgIA7QgVzY2FsZVogCgZmcmFtZXMSFgoUCAISEAoCCAIKAggDCgIIBAoCCANiIAoKZm9yZWdyb3Vu
    ZBISChAIARIMCgIIAgoCCAMKAggEQgQKABAR
    """)

  /// The same with a first output `scaled` [2, 3, 4, 3], every value / 255.
  static let scaledAndMean = decode(
    """
    CAg6gQIKIQoGZnJhbWVzEgZ2YWx1ZXMiBENhc3QqCQoCdG8YAaABAgocCgZ2YWx1ZXMKBXNjYWxlEgZzY2FsZWQiA011
    bAo+CgZzY2FsZWQSCmZvcmVncm91bmQiClJlZHVjZU1lYW4qCwoEYXhlc0ADoAEHKg8KCGtlZXBkaW1zGACgAQISB2Zp
    eHR1cmUqDxABIgSBgIA7QgVzY2FsZVogCgZmcmFtZXMSFgoUCAISEAoCCAIKAggDCgIIBAoCCANiIAoGc2NhbGVkEhYK
    FAgBEhAKAggCCgIIAwoCCAQKAggDYiAKCmZvcmVncm91bmQSEgoQCAESDAoCCAIKAggDCgIIBEIECgAQEQ==
    """)

  /// The same with a floating-point input.
  static let floatInput = decode(
    """
    CAg63wEKIQoGZnJhbWVzEgZ2YWx1ZXMiBENhc3QqCQoCdG8YAaABAgocCgZ2YWx1ZXMKBXNjYWxlEgZzY2FsZWQiA011
    bAo+CgZzY2FsZWQSCmZvcmVncm91bmQiClJlZHVjZU1lYW4qCwoEYXhlc0ADoAEHKg8KCGtlZXBkaW1zGACgAQISB2Zp
    eHR1cmUqDxABIgSBgIA7QgVzY2FsZVogCgZmcmFtZXMSFgoUCAESEAoCCAIKAggDCgIIBAoCCANiIAoKZm9yZWdyb3Vu
    ZBISChAIARIMCgIIAgoCCAMKAggEQgQKABAR
    """)

  /// The same without a fixed number of frames.
  static let unknownShape = decode(
    """
    CAg64QEKIQoGZnJhbWVzEgZ2YWx1ZXMiBENhc3QqCQoCdG8YAaABAgocCgZ2YWx1ZXMKBXNjYWxlEgZzY2FsZWQiA011
    bAo+CgZzY2FsZWQSCmZvcmVncm91bmQiClJlZHVjZU1lYW4qCwoEYXhlc0ADoAEHKg8KCGtlZXBkaW1zGACgAQISB2Zp
    eHR1cmUqDxABIgSBgIA7QgVzY2FsZVohCgZmcmFtZXMSFwoVCAISEQoDEgFUCgIIAwoCCAQKAggDYiEKCmZvcmVncm91
    bmQSEwoRCAESDQoDEgFUCgIIAwoCCARCBAoAEBE=
    """)

  /// An 8-bit output `copy` [2, 3, 4, 3].
  static let byteOutput = decode(
    """
    CAg6dgoYCgZmcmFtZXMSBGNvcHkiCElkZW50aXR5EgdmaXh0dXJlKg8QASIEgYCAO0IFc2NhbGVaIAoGZnJhbWVzEhYK
    FAgCEhAKAggCCgIIAwoCCAQKAggDYh4KBGNvcHkSFgoUCAISEAoCCAIKAggDCgIIBAoCCANCBAoAEBE=
    """)

  private static func decode(_ text: String) -> [UInt8] {
    guard let data = Data(base64Encoded: text, options: .ignoreUnknownCharacters) else {
      fatalError("a fixture is not base64")
    }
    return [UInt8](data)
  }
}

// import base64
// from onnx import TensorProto as T, helper as h
//
// def model(kind, shape, nodes, outputs):
//     constants = [h.make_tensor("scale", T.FLOAT, [], [1 / 255])]
//     graph = h.make_graph(
//         nodes, "fixture", [h.make_tensor_value_info("frames", kind, shape)],
//         [h.make_tensor_value_info(name, k, s) for name, k, s in outputs], constants)
//     made = h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=8)
//     return base64.b64encode(made.SerializeToString()).decode()
//
// clip = [2, 3, 4, 3]
// cast = h.make_node("Cast", ["frames"], ["values"], to=T.FLOAT)
// scale = h.make_node("Mul", ["values", "scale"], ["scaled"])
// mean = h.make_node("ReduceMean", ["scaled"], ["foreground"], axes=[3], keepdims=0)
// alias = h.make_node("Identity", ["foreground"], ["alias"])
// copy = h.make_node("Identity", ["frames"], ["copy"])
// foreground = ("foreground", T.FLOAT, clip[:3])
// print("mean", model(T.UINT8, clip, [cast, scale, mean], [foreground]))
// print("scaledAndMean", model(T.UINT8, clip, [cast, scale, mean], [("scaled", T.FLOAT, clip), foreground]))
// print("floatInput", model(T.FLOAT, clip, [cast, scale, mean], [foreground]))
// print("unknownShape", model(T.UINT8, ["T", 3, 4, 3], [cast, scale, mean], [("foreground", T.FLOAT, ["T", 3, 4])]))
// print("byteOutput", model(T.UINT8, clip, [copy], [("copy", T.UINT8, clip)]))
