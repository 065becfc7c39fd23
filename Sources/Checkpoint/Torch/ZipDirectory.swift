/// One file in a zip file: where its bytes are, uncompressed.
struct ZipEntry {
  var name: String
  /// From the entry's own header to the end of its bytes.
  var extent: Range<Int>
  var bytes: Range<Int>
  var checksum: UInt32
}

/// The central directory of a zip file whose entries are stored without compression, as PyTorch
/// writes them. Zip64 is understood.
///
/// Format: PKWARE's APPNOTE.TXT, section 4.3. Everything is checked against the file's size before
/// it is used; entries that overlap each other or the directory are refused.
struct ZipDirectory {
  private(set) var entries: [String: ZipEntry] = [:]
  private let bytes: UnsafeRawBufferPointer
  private let file: String

  init(_ mapped: MappedFile) throws(CheckpointError) {
    bytes = mapped.bytes
    file = mapped.path
    let place = try findDirectory()
    var cursor = ByteCursor(UnsafeRawBufferPointer(rebasing: bytes[..<place.range.upperBound]))
    _ = cursor.take(place.range.lowerBound)
    for _ in 0..<place.count {
      let entry = try readEntry(&cursor, directoryStart: place.range.lowerBound)
      guard entries.updateValue(entry, forKey: entry.name) == nil else {
        throw malformed("has the entry \(quoted(entry.name)) twice")
      }
    }
    try checkOverlap()
  }

  /// The bytes of `entry` after checking them against their checksum. PyTorch writes 0 when told to
  /// leave checksums out.
  func checkedBytes(_ entry: ZipEntry) throws(CheckpointError) -> UnsafeRawBufferPointer {
    let content = UnsafeRawBufferPointer(rebasing: bytes[entry.bytes])
    guard entry.checksum == 0 || CRC32.checksum(content) == entry.checksum else {
      throw malformed("is damaged: the checksum of \(quoted(entry.name)) is wrong")
    }
    return content
  }

  private func checkOverlap() throws(CheckpointError) {
    var end = 0
    for entry in entries.values.sorted(by: { $0.extent.lowerBound < $1.extent.lowerBound }) {
      guard entry.extent.lowerBound >= end else {
        throw malformed("has the entry \(quoted(entry.name)) overlapping another")
      }
      end = entry.extent.upperBound
    }
  }

  private func malformed(_ reason: String) -> CheckpointError {
    CheckpointError(.malformed, file, "the zip file \(reason)")
  }
}

// MARK: - The end records

extension ZipDirectory {
  private static let endSignature: UInt32 = 0x0605_4B50
  private static let zip64EndSignature: UInt32 = 0x0606_4B50
  private static let zip64LocatorSignature: UInt32 = 0x0706_4B50
  private static let endLength = 22
  private static let zip64LocatorLength = 20
  private static let maximumCommentLength = 0xFFFF
  /// Length of a directory entry without its name.
  private static let minimumEntryLength = 46

  private struct Place {
    var count: Int
    var range: Range<Int>
  }

  private func findDirectory() throws(CheckpointError) -> Place {
    let end = try findEnd()
    var cursor = ByteCursor(bytes, at: end + 8)
    guard let entriesHere = cursor?.length(UInt16.self), let entries = cursor?.length(UInt16.self),
      let size = cursor?.length(UInt32.self), let start = cursor?.length(UInt32.self),
      entriesHere == entries
    else { throw malformed("has a broken end") }
    if entries == 0xFFFF || size == 0xFFFF_FFFF || start == 0xFFFF_FFFF {
      return try findZip64Directory(end: end)
    }
    return try place(count: entries, size: size, start: start, end: end)
  }

  /// Position of the end record, which only a comment may follow.
  private func findEnd() throws(CheckpointError) -> Int {
    let last = bytes.count - Self.endLength
    let first = max(0, last - Self.maximumCommentLength)
    for position in stride(from: last, through: first, by: -1) {
      let signature = bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)
      let comment = bytes.loadUnaligned(fromByteOffset: position + 20, as: UInt16.self)
      if UInt32(littleEndian: signature) == Self.endSignature,
        position + Self.endLength + Int(UInt16(littleEndian: comment)) == bytes.count
      {
        return position
      }
    }
    throw malformed("is cut off: it has no directory")
  }

  private func findZip64Directory(end: Int) throws(CheckpointError) -> Place {
    let locator = end - Self.zip64LocatorLength
    var cursor = ByteCursor(bytes, at: locator)
    guard cursor?.integer(UInt32.self) == Self.zip64LocatorSignature, cursor?.take(4) != nil,
      let record = cursor?.length(UInt64.self), record < locator
    else { throw malformed("has no zip64 end where it should be") }
    cursor = ByteCursor(bytes, at: record)
    guard cursor?.integer(UInt32.self) == Self.zip64EndSignature, cursor?.take(28) != nil,
      let entries = cursor?.length(UInt64.self), let size = cursor?.length(UInt64.self),
      let start = cursor?.length(UInt64.self)
    else { throw malformed("has a broken zip64 end") }
    return try place(count: entries, size: size, start: start, end: record)
  }

  private func place(
    count: Int, size: Int, start: Int, end: Int
  ) throws(CheckpointError) -> Place {
    guard start <= end, size <= end - start, count <= size / Self.minimumEntryLength else {
      throw malformed("has a directory that does not fit into it")
    }
    return Place(count: count, range: start..<start + size)
  }
}

// MARK: - Entries

extension ZipDirectory {
  private static let entrySignature: UInt32 = 0x0201_4B50
  private static let localSignature: UInt32 = 0x0403_4B50
  private static let encryptedFlag: UInt16 = 1
  private static let zip64ExtraField: UInt16 = 1

  /// The directory's fixed fields of one entry that matter here.
  private struct Fields {
    var checksum: UInt32
    var compressedSize: Int
    var size: Int
    var localHeader: Int
  }

  private func readEntry(
    _ cursor: inout ByteCursor, directoryStart: Int
  ) throws(CheckpointError) -> ZipEntry {
    guard cursor.integer(UInt32.self) == Self.entrySignature, cursor.take(4) != nil,
      let flags = cursor.integer(UInt16.self), let method = cursor.integer(UInt16.self),
      cursor.take(4) != nil, let checksum = cursor.integer(UInt32.self),
      let compressedSize = cursor.length(UInt32.self), let size = cursor.length(UInt32.self),
      let nameLength = cursor.length(UInt16.self), let extraLength = cursor.length(UInt16.self),
      let commentLength = cursor.length(UInt16.self), cursor.take(8) != nil,
      let localHeader = cursor.length(UInt32.self), let nameBytes = cursor.take(nameLength),
      let extra = cursor.take(extraLength), cursor.take(commentLength) != nil,
      let name = String(validating: nameBytes, as: UTF8.self)
    else { throw malformed("has a broken directory") }
    guard flags & Self.encryptedFlag == 0, method == 0 else {
      throw malformed("has the entry \(quoted(name)) compressed or encrypted, not as it is")
    }
    var fields = Fields(
      checksum: checksum, compressedSize: compressedSize, size: size, localHeader: localHeader)
    guard Self.applyZip64(extra, to: &fields), fields.size == fields.compressedSize,
      let start = dataStart(localHeader: fields.localHeader, name: nameBytes),
      start <= directoryStart, fields.size <= directoryStart - start
    else { throw malformed("has the entry \(quoted(name)) outside the file or broken") }
    let end = start + fields.size
    return ZipEntry(
      name: name, extent: fields.localHeader..<end, bytes: start..<end, checksum: checksum)
  }

  /// Puts the 64-bit numbers of the extra field in place of those that did not fit into 32 bits.
  /// Returns false if one is missing.
  private static func applyZip64(_ extra: UnsafeRawBufferPointer, to fields: inout Fields) -> Bool {
    let marked = [\Fields.size, \.compressedSize, \.localHeader].filter {
      fields[keyPath: $0] == 0xFFFF_FFFF
    }
    if marked.isEmpty { return true }
    var cursor = ByteCursor(extra)
    while let identifier = cursor.integer(UInt16.self), let length = cursor.length(UInt16.self),
      let content = cursor.take(length)
    {
      guard identifier == zip64ExtraField else { continue }
      var numbers = ByteCursor(content)
      for field in marked {
        guard let number = numbers.length(UInt64.self) else { return false }
        fields[keyPath: field] = number
      }
      return true
    }
    return false
  }

  /// Where the bytes of the entry begin whose own header is at `localHeader`.
  private func dataStart(localHeader: Int, name: UnsafeRawBufferPointer) -> Int? {
    guard var cursor = ByteCursor(bytes, at: localHeader),
      cursor.integer(UInt32.self) == Self.localSignature, cursor.take(22) != nil,
      let nameLength = cursor.length(UInt16.self), let extraLength = cursor.length(UInt16.self),
      let localName = cursor.take(nameLength), localName.elementsEqual(name),
      cursor.take(extraLength) != nil
    else { return nil }
    return cursor.position
  }
}
