import Bytes
import Model

/// Which lines belong together: those of one sender, and within it of one container, process or
/// stream that the transport's prefix names.
struct StreamKey: Hashable {
  let source: UInt64
  let stream: ByteString
}

/// Holds the last record of each stream open for its next lines: a traceback is one record. It
/// holds so many streams and bytes and no more; what exceeds them is emitted as it stands.
struct Joiner {
  /// All held records together.
  private static let heldBytes = 32 << 20

  /// A stream stays known after its record went, with nothing held.
  private var streams: [StreamKey: HeldRecord?] = [:]
  private var opened = 0
  private var bytes = 0
  /// How many records are held open.
  private(set) var held = 0

  /// Whether a head was seen in the stream.
  func knows(_ key: StreamKey) -> Bool { streams[key] != nil }

  func holds(_ key: StreamKey) -> Bool { (streams[key] ?? nil) != nil }

  /// Emits what the stream held, and holds `record` from now on.
  mutating func open(_ record: HeldRecord, in key: StreamKey, into batch: inout Batch) {
    close(key, into: &batch)
    if streams.count >= Limits.joinedSources, streams[key] == nil { forgetOldest(into: &batch) }
    var record = record
    opened += 1
    record.sequence = opened
    held += 1
    bytes += record.bytes.count
    streams[key] = .some(record)
    if bytes > Self.heldBytes { emit(into: &batch) { _ in true } }
  }

  /// Emits what the stream held, and `record` too, which no line can follow.
  mutating func pass(_ record: HeldRecord, in key: StreamKey, into batch: inout Batch) {
    close(key, into: &batch)
    if streams[key] == nil {
      if streams.count >= Limits.joinedSources { forgetOldest(into: &batch) }
      streams[key] = .some(nil)
    }
    record.emit(into: &batch)
  }

  /// Appends a line to the record the stream holds; false when it holds none.
  mutating func append(
    _ line: Span<UInt8>, to key: StreamKey, at now: Int64, into batch: inout Batch
  ) -> Bool {
    guard holds(key) else { return false }
    streams[key]??.touchedAt = now
    streams[key]??.append(line: line)
    bytes += line.count + 1
    if bytes > Self.heldBytes { emit(into: &batch) { _ in true } }
    return true
  }

  /// Emits what the stream holds.
  mutating func close(_ key: StreamKey, into batch: inout Batch) {
    guard let entry = streams[key], let record = entry else { return }
    streams[key] = .some(nil)
    let size = record.bytes.count
    held -= 1
    bytes = held == 0 ? 0 : Swift.max(0, bytes - size)
    record.emit(into: &batch)
  }

  /// Emits what got no line since `Limits.joinNanoseconds`, or everything, in the order it came.
  mutating func flush(now: Int64, everything: Bool, into batch: inout Batch) {
    guard held > 0 else { return }
    emit(into: &batch) { record in
      everything || now.adding(-Limits.joinNanoseconds).map { record.touchedAt <= $0 } ?? true
    }
  }

  private mutating func emit(into batch: inout Batch, _ isDue: (HeldRecord) -> Bool) {
    var due: [(sequence: Int, key: StreamKey)] = []
    for (key, entry) in streams {
      if let record = entry, isDue(record) { due.append((record.sequence, key)) }
    }
    for entry in due.sorted(by: { $0.sequence < $1.sequence }) { close(entry.key, into: &batch) }
  }

  private mutating func forgetOldest(into batch: inout Batch) {
    let age: (HeldRecord?) -> Int = { $0?.sequence ?? 0 }
    guard let oldest = streams.min(by: { age($0.value) < age($1.value) })?.key else { return }
    close(oldest, into: &batch)
    streams[oldest] = nil
  }
}
