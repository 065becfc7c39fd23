/// One entry of a zip file. What the headers say can be changed to something that is not so.
struct ZipItem {
  var name: String
  var bytes: [UInt8]
  /// 0: none, as PyTorch leaves it when told to.
  var checksum: UInt32 = 0
  var method: UInt16 = 0
  var flags: UInt16 = 0
  /// As the directory says; the entry's own header says nothing.
  var size: UInt32
  var compressedSize: UInt32
  /// Where the directory says that the entry's own header is; by default where it is.
  var localHeader: UInt32?
  /// The directory's extra field.
  var extra: [UInt8] = []

  init(_ name: String, _ bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
    size = UInt32(bytes.count)
    compressedSize = UInt32(bytes.count)
  }

  func with(_ change: (inout ZipItem) -> Void) -> ZipItem {
    var item = self
    change(&item)
    return item
  }
}

/// The end of a zip file as its last record says. `nil`: as it is.
struct ZipEnd {
  var count: UInt16?
  var size: UInt32?
  var start: UInt32?
  var comment: [UInt8] = []
  /// Puts the true numbers into a zip64 end, and what says "look there" into the last record.
  var isZip64 = false
}

func zipFile(_ items: [ZipItem], end: ZipEnd = ZipEnd()) -> [UInt8] {
  var file: [UInt8] = []
  var directory: [UInt8] = []
  for item in items {
    let name = Array(item.name.utf8)
    let localHeader = item.localHeader ?? UInt32(file.count)
    directory += littleEndian(UInt32(0x0201_4B50)) + littleEndian(UInt32(0))
    directory += littleEndian(item.flags) + littleEndian(item.method) + littleEndian(UInt32(0))
    directory += littleEndian(item.checksum) + littleEndian(item.compressedSize)
    directory += littleEndian(item.size) + littleEndian(UInt16(name.count))
    directory += littleEndian(UInt16(item.extra.count)) + [UInt8](repeating: 0, count: 10)
    directory += littleEndian(localHeader) + name + item.extra

    file += littleEndian(UInt32(0x0403_4B50)) + [UInt8](repeating: 0, count: 22)
    file += littleEndian(UInt16(name.count)) + littleEndian(UInt16(0)) + name + item.bytes
  }
  let start = file.count
  file += directory
  if end.isZip64 {
    let record = file.count
    file += littleEndian(UInt32(0x0606_4B50)) + littleEndian(44) + [UInt8](repeating: 0, count: 12)
    file += littleEndian(items.count) + littleEndian(items.count)
    file += littleEndian(directory.count) + littleEndian(start)
    file += littleEndian(UInt32(0x0706_4B50)) + littleEndian(UInt32(0)) + littleEndian(record)
    file += littleEndian(UInt32(1))
  }
  let count = end.isZip64 ? 0xFFFF : end.count ?? UInt16(items.count)
  file += littleEndian(UInt32(0x0605_4B50)) + littleEndian(UInt32(0))
  file += littleEndian(count) + littleEndian(count)
  file += littleEndian(end.isZip64 ? .max : end.size ?? UInt32(directory.count))
  file += littleEndian(end.isZip64 ? .max : end.start ?? UInt32(start))
  file += littleEndian(UInt16(end.comment.count)) + end.comment
  return file
}
