import Glibc

/// Opens the bytes as a file of weights of whatever format they look like and reads every value.
///
/// Not part of the package: Scripts/fuzz compiles it together with Sources/Checkpoint.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzWeightsFile(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard rewind(scratch, to: UnsafeBufferPointer(start: start, count: count)) else { return -1 }
  do throws(CheckpointError) {
    let file = try WeightsFile(path: "/proc/self/fd/\(scratch)")
    for weight in file.weights.values {
      weight.withBytes { bytes in
        precondition(bytes.count == weight.count * weight.elementType.byteCount)
        sink = bytes.reduce(0, &+)
      }
    }
  } catch {
    precondition(error.description.utf8.allSatisfy { $0 >= 0x20 }, "a message of one line")
  }
  return 0
}

/// A file in memory, without a name.
private let scratch: CInt = {
  var name = Array("/dev/shm/weightsXXXXXX".utf8CString)
  let file = mkstemp(&name)
  unlink(name)
  return file
}()
/// Keeps the reading from being optimised away.
private nonisolated(unsafe) var sink: UInt8 = 0

private func rewind(_ file: CInt, to bytes: UnsafeBufferPointer<UInt8>) -> Bool {
  ftruncate(file, 0) == 0 && pwrite(file, bytes.baseAddress, bytes.count, 0) == bytes.count
}
