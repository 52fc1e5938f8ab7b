import Bytes
import Model

/// The messages of a protobuf push request (Loki's pkg/push: push.proto).
enum LokiPushMessage {
  private static let streams = 1
  private static let labels = 1
  private static let entries = 2

  /// Returns how many streams the request has. Throws when it cannot be cut into its fields; then
  /// nothing of it is in the batch.
  static func decode(
    _ bytes: Span<UInt8>, receivedAt: Int64, into batch: inout Batch
  ) throws(Fault) -> Int {
    var found: [Range<Int>] = []
    var count = 0
    var request = MessageReader(bytes)
    while let field = try request.next() {
      guard field.number == streams, let range = field.bytes else { continue }
      guard found.count < Limits.streamsPerFrame else {
        throw Fault(.bodyTooLarge, "more than \(Limits.streamsPerFrame) streams")
      }
      found.append(range)
      count += try check(bytes, stream: range)
    }
    guard count <= Limits.rowsPerFrame else {
      throw Fault(.bodyTooLarge, "more than \(Limits.rowsPerFrame) entries")
    }
    for range in found { try decode(bytes, range, receivedAt: receivedAt, into: &batch) }
    return found.count
  }

  /// Walks all of a stream and returns how many entries it has.
  private static func check(
    _ bytes: Span<UInt8>, stream range: Range<Int>
  ) throws(Fault) -> Int {
    var count = 0
    var stream = MessageReader(bytes, range)
    while let field = try stream.next() {
      guard field.number == entries, let inner = field.bytes else { continue }
      count += 1
      var entry = MessageReader(bytes, inner)
      while let part = try entry.next() {
        guard part.number == 1 || part.number == 3, let range = part.bytes else { continue }
        var message = MessageReader(bytes, range)
        while try message.next() != nil {}
      }
    }
    return count
  }

  private static func decode(
    _ bytes: Span<UInt8>, _ range: Range<Int>, receivedAt: Int64, into batch: inout Batch
  ) throws(Fault) {
    var text = 0..<0
    var count = 0
    var head = MessageReader(bytes, range)
    while let field = try head.next() {
      if field.number == labels, let inner = field.bytes { text = inner }
      if field.number == entries, field.bytes != nil { count += 1 }
    }
    var opened: PushedStream?
    do throws(Fault) {
      let pairs = try StreamLabelText.parse(bytes.extracting(text))
      var stream = try PushedStream(pairs, receivedAt: receivedAt, into: &batch)
      opened = stream
      var message = MessageReader(bytes, range)
      while let field = try message.next() {
        guard field.number == entries, let inner = field.bytes else { continue }
        try add(bytes, entry: inner, to: &stream, &batch)
      }
    } catch {
      if let opened {
        opened.withdraw(error, entries: count, from: &batch)
      } else {
        batch.faults.add(error, count: Swift.max(1, count))
      }
    }
  }

  private static func add(
    _ bytes: Span<UInt8>, entry range: Range<Int>, to stream: inout PushedStream,
    _ batch: inout Batch
  ) throws(Fault) {
    var time: Int64? = 0
    var line = Slice.empty
    var metadata: [PushedStream.Metadata] = []
    var entry = MessageReader(bytes, range)
    while let field = try entry.next() {
      guard let inner = field.bytes else { continue }
      switch field.number {
      case 1: time = try self.time(bytes, inner)
      case 2: line = batch.intern(bytes.extracting(inner))
      case 3:
        var pair: PushedStream.Metadata = (.empty, .empty)
        var message = MessageReader(bytes, inner)
        while let part = try message.next() {
          guard let text = part.bytes else { continue }
          if part.number == 1 { pair.name = batch.intern(bytes.extracting(text)) }
          if part.number == 2 { pair.value = batch.intern(bytes.extracting(text)) }
        }
        if !pair.name.isEmpty { metadata.append(pair) }
      default: break
      }
    }
    guard let time, time >= 0 else {
      throw Fault(.invalidTime, "a timestamp is outside of 1970 to 2262", at: range.lowerBound)
    }
    stream.add(time: time, line: line, metadata: metadata, into: &batch)
  }

  /// A `google.protobuf.Timestamp` in nanoseconds; nil when it is none or does not fit.
  private static func time(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(Fault) -> Int64? {
    var seconds: Int64 = 0
    var nanos: Int64 = 0
    var message = MessageReader(bytes, range)
    while let field = try message.next() {
      guard case .varint(let bits) = field.value else { continue }
      if field.number == 1 { seconds = Int64(bitPattern: bits) }
      if field.number == 2 { nanos = Int64(bitPattern: bits) }
    }
    guard nanos >= 0, nanos < Instant.second else { return nil }
    return seconds.multiplied(by: Instant.second)?.adding(nanos)
  }
}
