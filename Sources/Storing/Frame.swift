import Bytes
import Model
import Packing

/// A level-0 frame: one batch, self-describing. What it says of itself lets a start rebuild
/// everything the store knows of it without unpacking it. FORMAT.md has it byte by byte.
struct Frame: Sendable {
  static let magic: UInt32 = 0x3146_4C50  // "PLF1"
  static let version: UInt8 = 1
  static let headerSize = 96
  /// The only flags this version knows: bit 0, the payload is one LZ4 block.
  private static let flags: UInt8 = 1
  private static let checksumOffset = 8
  private static let coveredOffset = 16
  /// A batch is limited long before; a longer claim is damage.
  static let longestPayload = 1 << 30

  /// Its place among all frames ever written; at level 0 also the number of its block.
  let sequence: UInt64
  let committedAt: Int64
  let idempotencyKey: ByteString
  let tenants: [ByteString]
  /// Nanoseconds; nil without records.
  let recordTimes: ClosedRange<Int64>?
  /// Milliseconds; nil without samples.
  let sampleTimes: ClosedRange<Int64>?
  let recordCount: Int
  let sampleCount: Int
  /// Which of the frames of its group it is, and how many those are.
  let place: GroupPlace
  let payloadSize: Int
  let packedOffset: Int
  let packedSize: Int
  /// Bytes of the whole frame.
  var size: Int { packedOffset + packedSize }

  /// Reads the head at `offset` of a segment's bytes; nil when none is there or it does not fit.
  /// The checksum is not looked at.
  init?(_ bytes: Span<UInt8>, at offset: Int) {
    var reader = LayoutReader(bytes, from: offset)
    guard reader.take(UInt32.self) == Self.magic, reader.take(UInt8.self) == Self.version,
      reader.take(UInt8.self) == Self.flags, reader.take(UInt16.self) == 0,
      reader.take(UInt64.self) != nil,
      let sequence = reader.take(UInt64.self), let committedAt = reader.take(Int64.self),
      let firstRecord = reader.take(Int64.self), let lastRecord = reader.take(Int64.self),
      let firstSample = reader.take(Int64.self), let lastSample = reader.take(Int64.self),
      let recordCount = reader.take(UInt32.self), let sampleCount = reader.take(UInt32.self),
      let index = reader.take(UInt16.self), let count = reader.take(UInt16.self),
      let keySize = reader.take(UInt16.self), reader.take(UInt16.self) == 0,
      let tenantSize = reader.take(UInt32.self), let payloadSize = reader.take(UInt32.self),
      let packedSize = reader.take(UInt32.self), reader.take(UInt32.self) == 0,
      payloadSize <= Self.longestPayload, let key = reader.take(count: Int(keySize)),
      let tenantList = reader.take(count: Int(tenantSize)),
      Int(packedSize) <= reader.remaining, let tenants = Self.tenants(tenantList)
    else { return nil }
    self.sequence = sequence
    self.committedAt = committedAt
    idempotencyKey = ByteString(key)
    self.tenants = tenants
    recordTimes = firstRecord <= lastRecord ? firstRecord...lastRecord : nil
    sampleTimes = firstSample <= lastSample ? firstSample...lastSample : nil
    self.recordCount = Int(recordCount)
    self.sampleCount = Int(sampleCount)
    place = GroupPlace(index: Int(index), count: Int(count))
    self.payloadSize = Int(payloadSize)
    self.packedSize = Int(packedSize)
    packedOffset = reader.position - offset
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

  /// Unpacks the batch from the bytes of the whole frame; nil when they are damaged.
  func batch(_ frame: Span<UInt8>) -> Batch? {
    guard frame.count == size, Self.isIntact(frame),
      let payload = try? LZ4.decompress(
        frame.extracting(packedOffset..<size), size: payloadSize)
    else { return nil }
    return BatchLayout.read(payload.span)
  }
}

/// Which of the frames that were synced together a frame is.
struct GroupPlace: Sendable, Equatable {
  static let mostFrames = 4_096

  let index: Int
  let count: Int

  static let alone = GroupPlace(index: 0, count: 1)
}

extension Frame {
  /// A batch as a frame's bytes.
  static func write(
    _ batch: Batch, sequence: UInt64, committedAt: Int64, key: ByteString,
    place: GroupPlace = .alone
  ) -> [UInt8] {
    let payload = BatchLayout.write(batch)
    let packed = LZ4.compress(payload)
    let tenants = tenantList(of: batch)
    let key = key.bytes.prefix(Int(UInt16.max))
    let (firstRecord, lastRecord) = ends(of: batch.records) { $0.time }
    let (firstSample, lastSample) = ends(of: batch.samples) { $0.time }
    var writer = LayoutWriter(
      capacity: headerSize + key.count + tenants.count + packed.count)
    writer.put(magic)
    writer.put(version)
    writer.put(flags)
    writer.put(UInt16(0))
    writer.put(UInt64(0))
    writer.put(sequence)
    for time in [committedAt, firstRecord, lastRecord, firstSample, lastSample] {
      writer.put(time)
    }
    writer.put(UInt32(truncatingIfNeeded: batch.records.count))
    writer.put(UInt32(truncatingIfNeeded: batch.samples.count))
    writer.put(UInt16(truncatingIfNeeded: place.index))
    writer.put(UInt16(truncatingIfNeeded: place.count))
    writer.put(UInt16(truncatingIfNeeded: key.count))
    writer.put(UInt16(0))
    writer.put(UInt32(truncatingIfNeeded: tenants.count))
    writer.put(UInt32(truncatingIfNeeded: payload.count))
    writer.put(UInt32(truncatingIfNeeded: packed.count))
    writer.put(UInt32(0))
    writer.put(key)
    writer.put(tenants)
    writer.put(packed)
    let checksum = coveredChecksum(writer.bytes)
    writer.patch(checksum, at: checksumOffset)
    return writer.bytes
  }

  private static func coveredChecksum(_ frame: [UInt8]) -> UInt64 {
    Checksum.xxh3(frame.span.extracting(coveredOffset..<frame.count))
  }

  /// The least and the greatest time; the other way round when there are no rows.
  private static func ends<Row>(of rows: [Row], _ time: (Row) -> Int64) -> (Int64, Int64) {
    var first = Int64.max
    var last = Int64.min
    for row in rows {
      first = min(first, time(row))
      last = max(last, time(row))
    }
    return (first, last)
  }

  /// The tenants, each with one byte of length before it (a name has at most 63 bytes), in order.
  private static func tenantList(of batch: Batch) -> [UInt8] {
    var found: Set<ByteString> = []
    var last: ByteString?
    // Neighbours mostly share their tenant, so most rows cost a comparison only.
    func note(_ slice: Slice) {
      if let last, batch.arena[slice.range].elementsEqual(last.bytes) { return }
      let tenant = batch.string(slice)
      last = tenant
      found.insert(tenant)
    }
    for record in batch.records { note(record.tenant) }
    for series in batch.series { note(series.tenant) }
    var writer = LayoutWriter()
    for tenant in found.sorted() {
      let name = tenant.bytes.prefix(Int(UInt8.max))
      writer.put(UInt8(truncatingIfNeeded: name.count))
      writer.put(name)
    }
    return writer.bytes
  }
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
