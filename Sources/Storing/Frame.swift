import Bytes
import Model
import Packing

/// A level-0 frame: one batch, self-describing. What it says of itself lets a start rebuild
/// everything the store knows of it without unpacking it.
struct Frame {
  static let magic: UInt32 = 0x3146_4C50  // "PLF1"
  static let version: UInt8 = 1
  static let headerSize = 96
  private static let checksumOffset = 88
  /// A batch is limited long before; a longer claim is damage.
  private static let longestPayload = 1 << 30

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
  let payloadSize: Int
  let packedOffset: Int
  let packedSize: Int
  /// Bytes of the whole frame.
  let size: Int

  /// A batch as a frame's bytes.
  static func write(
    _ batch: Batch, sequence: UInt64, committedAt: Int64, key: ByteString
  ) -> [UInt8] {
    let payload = BatchLayout.write(batch)
    let packed = LZ4.compress(payload)
    var tenantList = LayoutWriter()
    for tenant in tenants(of: batch) {
      tenantList.put(UInt8(truncatingIfNeeded: tenant.count))
      tenantList.put(tenant.bytes)
    }
    var writer = LayoutWriter(
      capacity: headerSize + key.count + tenantList.bytes.count + packed.count)
    writer.put(magic)
    writer.put(version)
    writer.put(UInt8(1))
    writer.put(UInt16(truncatingIfNeeded: key.count))
    writer.put(sequence)
    writer.put(committedAt)
    writer.put(batch.records.map(\.time).min() ?? .max)
    writer.put(batch.records.map(\.time).max() ?? .min)
    writer.put(batch.samples.map(\.time).min() ?? .max)
    writer.put(batch.samples.map(\.time).max() ?? .min)
    writer.put(UInt32(truncatingIfNeeded: batch.records.count))
    writer.put(UInt32(truncatingIfNeeded: batch.samples.count))
    writer.put(UInt64(truncatingIfNeeded: tenantList.bytes.count))
    writer.put(UInt64(truncatingIfNeeded: payload.count))
    writer.put(UInt64(truncatingIfNeeded: packed.count))
    writer.put(UInt64(0))
    writer.put(key.bytes)
    writer.put(tenantList.bytes)
    writer.put(packed)
    writer.patch(Checksum.xxh3(writer.bytes.span), at: checksumOffset)
    return writer.bytes
  }

  private static func tenants(of batch: Batch) -> [ByteString] {
    var found: Set<ByteString> = []
    for record in batch.records { found.insert(batch.string(record.tenant)) }
    for series in batch.series { found.insert(batch.string(series.tenant)) }
    return found.sorted()
  }

  /// Reads the head at `offset` of a segment's bytes; nil when none is there or it does not fit.
  /// The checksum is not looked at.
  init?(_ bytes: Span<UInt8>, at offset: Int) {
    var reader = LayoutReader(bytes, from: offset)
    guard reader.take(UInt32.self) == Self.magic, reader.take(UInt8.self) == Self.version,
      reader.take(UInt8.self) == 1, let keySize = reader.take(UInt16.self),
      let sequence = reader.take(UInt64.self), let committedAt = reader.take(Int64.self),
      let firstRecord = reader.take(Int64.self), let lastRecord = reader.take(Int64.self),
      let firstSample = reader.take(Int64.self), let lastSample = reader.take(Int64.self),
      let recordCount = reader.take(UInt32.self), let sampleCount = reader.take(UInt32.self),
      let tenantSize = reader.take(UInt64.self), let payloadSize = reader.take(UInt64.self),
      let packedSize = reader.take(UInt64.self), reader.take(UInt64.self) != nil,
      payloadSize <= Self.longestPayload, packedSize <= Self.longestPayload,
      tenantSize <= Self.longestPayload, let key = reader.take(count: Int(keySize)),
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
    self.payloadSize = Int(payloadSize)
    self.packedSize = Int(packedSize)
    packedOffset = reader.position - offset
    size = packedOffset + Int(packedSize)
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

  /// Whether the bytes of the whole frame are what was written.
  static func isIntact(_ frame: [UInt8]) -> Bool {
    var reader = LayoutReader(frame.span, from: checksumOffset)
    guard frame.count >= headerSize, let stated = reader.take(UInt64.self) else { return false }
    var blank = LayoutWriter(capacity: frame.count)
    blank.put(frame)
    blank.patch(0, at: checksumOffset)
    return Checksum.xxh3(blank.bytes.span) == stated
  }

  /// Unpacks the batch from the bytes of the whole frame; nil when they are damaged.
  func batch(_ frame: [UInt8]) -> Batch? {
    guard frame.count == size, Self.isIntact(frame),
      let payload = try? LZ4.decompress(
        frame.span.extracting(packedOffset..<size), size: payloadSize)
    else { return nil }
    return BatchLayout.read(payload.span)
  }
}

/// What ends a group of frames that were synced together. Without it the group never happened.
struct GroupTrailer {
  static let magic: UInt32 = 0x3147_4C50  // "PLG1"
  static let size = 32

  let frameCount: Int
  /// Bytes of the group's frames.
  let groupSize: Int

  static func write(frameCount: Int, group: [UInt8]) -> [UInt8] {
    var writer = LayoutWriter(capacity: size)
    writer.put(magic)
    writer.put(UInt32(truncatingIfNeeded: frameCount))
    writer.put(UInt64(truncatingIfNeeded: group.count))
    writer.put(Checksum.xxh3(group.span))
    writer.put(Checksum.xxh3(writer.bytes.span))
    return writer.bytes
  }

  /// Reads the trailer at `offset`; nil when none is there. Its own bytes are checked, the group's
  /// are not: a damaged frame costs that frame, not its neighbours.
  init?(_ bytes: Span<UInt8>, at offset: Int) {
    var reader = LayoutReader(bytes, from: offset)
    guard reader.take(UInt32.self) == Self.magic, let count = reader.take(UInt32.self),
      let groupSize = reader.take(UInt64.self), reader.take(UInt64.self) != nil,
      let stated = reader.take(UInt64.self), groupSize <= UInt64(offset),
      Checksum.xxh3(bytes.extracting(offset..<(offset + 24))) == stated
    else { return nil }
    frameCount = Int(count)
    self.groupSize = Int(groupSize)
  }
}
