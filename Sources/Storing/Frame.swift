import Bytes
import Model
import Packing

/// A level-0 frame: one batch, self-describing. What it says of itself lets a start rebuild
/// everything the store knows of it without unpacking it. FORMAT.md has it byte by byte.
struct Frame: Sendable {
  static let magic: UInt32 = 0x3146_4C50  // "PLF1"
  /// What is written. Version 1, rows in one LZ4 block, is still read.
  static let version: UInt8 = 2
  static let oldestVersion: UInt8 = 1
  static let headerSize = 96
  static let checksumOffset = 8
  static let coveredOffset = 16
  /// A batch is limited long before; a longer claim is damage.
  static let longestPayload = 1 << 30

  let version: UInt8
  /// Its place among all frames ever written.
  let sequence: UInt64
  let committedAt: Int64
  let idempotencyKey: ByteString
  /// Of its records; in version 1 of its samples too.
  let tenants: [ByteString]
  /// Nanoseconds; nil without records.
  let recordTimes: ClosedRange<Int64>?
  /// Milliseconds; nil without samples.
  let sampleTimes: ClosedRange<Int64>?
  let recordCount: Int
  let sampleCount: Int
  /// Which of the frames of its group it is, and how many those are.
  let place: GroupPlace
  /// Where its payload begins, counted from its own start.
  let payloadOffset: Int
  let payloadSize: Int
  /// Version 1: the size of the payload unpacked. Later: of the definitions at its start.
  private let firstSize: Int
  /// Of the samples that follow the definitions; the records are the rest.
  private let secondSize: Int

  /// Bytes of the whole frame.
  var size: Int { payloadOffset + payloadSize }

  /// Reads the head at `offset` of a segment's bytes; nil when none is there or it does not fit.
  /// The checksum is not looked at. Whoever has written the frame knows its tenants.
  init?(_ bytes: Span<UInt8>, at offset: Int, tenants known: [ByteString]? = nil) {
    var reader = LayoutReader(bytes, from: offset)
    guard reader.take(UInt32.self) == Self.magic, let version = reader.take(UInt8.self),
      version >= Self.oldestVersion, version <= Self.version,
      reader.take(UInt8.self) == (version == 1 ? 1 : 0), reader.take(UInt16.self) == 0,
      reader.take(UInt64.self) != nil,
      let sequence = reader.take(UInt64.self), let committedAt = reader.take(Int64.self),
      let firstRecord = reader.take(Int64.self), let lastRecord = reader.take(Int64.self),
      let firstSample = reader.take(Int64.self), let lastSample = reader.take(Int64.self),
      let recordCount = reader.take(UInt32.self), let sampleCount = reader.take(UInt32.self),
      let index = reader.take(UInt16.self), let count = reader.take(UInt16.self),
      let keySize = reader.take(UInt16.self), reader.take(UInt16.self) == 0,
      let tenantSize = reader.take(UInt32.self), let firstSize = reader.take(UInt32.self),
      let payloadSize = reader.take(UInt32.self), let secondSize = reader.take(UInt32.self),
      firstSize <= Self.longestPayload, payloadSize <= Self.longestPayload,
      let key = reader.take(count: Int(keySize)),
      let tenantList = reader.take(count: Int(tenantSize)),
      Int(payloadSize) <= reader.remaining, let tenants = known ?? Self.tenants(tenantList)
    else { return nil }
    guard version == 1 ? secondSize == 0 : Int(firstSize) + Int(secondSize) <= payloadSize else {
      return nil
    }
    self.version = version
    self.sequence = sequence
    self.committedAt = committedAt
    idempotencyKey = ByteString(key)
    self.tenants = tenants
    recordTimes = firstRecord <= lastRecord ? firstRecord...lastRecord : nil
    sampleTimes = firstSample <= lastSample ? firstSample...lastSample : nil
    self.recordCount = Int(recordCount)
    self.sampleCount = Int(sampleCount)
    place = GroupPlace(index: Int(index), count: Int(count))
    payloadOffset = reader.position - offset
    self.payloadSize = Int(payloadSize)
    self.firstSize = Int(firstSize)
    self.secondSize = Int(secondSize)
  }

  private static func tenants(_ list: [UInt8]) -> [ByteString]? {
    var reader = LayoutReader(list.span)
    var tenants: [ByteString] = []
    while reader.remaining > 0 {
      guard let count = reader.take(UInt8.self), let name = reader.take(count: Int(count)) else {
        return nil
      }
      tenants.append(ByteString(name))
    }
    return tenants
  }

  /// Whether the bytes of a whole frame are what was written.
  static func isIntact(_ frame: Span<UInt8>) -> Bool {
    var reader = LayoutReader(frame, from: checksumOffset)
    guard frame.count >= headerSize, let stated = reader.take(UInt64.self) else { return false }
    return Checksum.xxh3(frame.extracting(coveredOffset..<frame.count)) == stated
  }

  /// Where the definitions of series lie in the frame's bytes; empty in version 1.
  var definitions: Range<Int> {
    payloadOffset..<(payloadOffset + (version == 1 ? 0 : firstSize))
  }

  /// Where the samples lie; empty in version 1.
  var samples: Range<Int> {
    definitions.upperBound..<(definitions.upperBound + (version == 1 ? 0 : secondSize))
  }

  /// Where the records lie; in version 1 all rows.
  var records: Range<Int> { samples.upperBound..<size }

  /// The rows of a frame of version 1; nil when they are damaged.
  func firstVersionBatch(_ frame: Span<UInt8>) -> Batch? {
    guard version == 1, frame.count == size, Self.isIntact(frame),
      let payload = try? LZ4.decompress(frame.extracting(records), size: firstSize)
    else { return nil }
    return BatchLayout.read(payload.span)
  }

  /// The records of a frame's bytes as columns, its checksum looked at; nil when damaged.
  func recordColumns(_ frame: Span<UInt8>) -> RecordColumns? {
    if version == 1 {
      return firstVersionBatch(frame).flatMap {
        RecordPayload.unpack(RecordPayload.pack($0).span)
      }
    }
    guard frame.count == size, Self.isIntact(frame) else { return nil }
    return RecordPayload.unpack(frame.extracting(records))
  }

  /// The records of a frame's bytes as rows, its checksum looked at; nil when damaged.
  func batch(_ frame: Span<UInt8>) -> Batch? {
    version == 1 ? firstVersionBatch(frame) : recordColumns(frame)?.batch()
  }
}

/// Which of the frames that were synced together a frame is.
struct GroupPlace: Sendable, Equatable {
  static let mostFrames = 4_096

  let index: Int
  let count: Int
}

/// What ends a group of frames that were synced together.
struct GroupTrailer {
  static let magic: UInt32 = 0x3147_4C50  // "PLG1"
  static let size = 32
  private static let coveredSize = 24

  let frameCount: Int
  /// Bytes of the group's frames.
  let groupSize: Int

  static func write(frameCount: Int, group: [UInt8]) -> [UInt8] {
    var writer = LayoutWriter(capacity: size)
    writer.put(magic)
    writer.put(UInt32(truncatingIfNeeded: frameCount))
    writer.put(UInt64(truncatingIfNeeded: group.count))
    writer.put(Checksum.xxh3(group.span))
    let own = Checksum.xxh3(writer.bytes.span)
    writer.put(own)
    return writer.bytes
  }

  /// Reads the trailer at `offset`; nil when none is there. Its own bytes are checked, the group's
  /// are not: a damaged frame costs that frame, not its neighbours.
  init?(_ bytes: Span<UInt8>, at offset: Int) {
    var reader = LayoutReader(bytes, from: offset)
    guard reader.take(UInt32.self) == Self.magic, let count = reader.take(UInt32.self),
      let groupSize = reader.take(UInt64.self), reader.take(UInt64.self) != nil,
      let stated = reader.take(UInt64.self), groupSize <= UInt64(offset),
      Checksum.xxh3(bytes.extracting(offset..<(offset + Self.coveredSize))) == stated
    else { return nil }
    frameCount = Int(count)
    self.groupSize = Int(groupSize)
  }
}
