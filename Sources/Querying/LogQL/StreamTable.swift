import Bytes
import Model

#if canImport(Glibc)
  import Glibc
#endif

/// The streams that a query has met, each looked at once: whether the selector takes it, which
/// labels it shows, and when its inferred release changes.
struct StreamTable {
  /// A stream while its release does not change.
  struct Phase {
    /// Nanoseconds.
    let start: Int64
    let labels: Labels
    let isSelected: Bool
  }

  /// What tells streams apart.
  private struct Stream {
    let tenant: ByteString
    let service: ByteString
    let environment: ByteString
    let host: ByteString
    let logger: ByteString
    let release: ByteString
    let level: Level
    /// The value of the field `_stream`; nil for records that have none.
    let pushed: ByteString?
    var phases: Range<Int>
    /// The next stream of the same hash; -1 after the last.
    let following: Int
  }

  private(set) var phases: [Phase] = []
  private var streams: [Stream] = []
  /// The stream met last of each hash of a stream's parts.
  private var places: [UInt64: Int] = [:]
  private var latest = -1
  private let matchers: [Matcher]
  private let scope: Scope
  /// Nil when the query does not name `release`.
  private let timeline: Timeline?
  private let from: Int64
  private let through: Int64

  /// `timeline` is nil unless the query names `release`; times are nanoseconds.
  init(
    _ matchers: [Matcher], scope: Scope, timeline: Timeline?, from: Int64, through: Int64
  ) {
    self.matchers = matchers
    self.scope = scope
    self.timeline = timeline
    self.from = from
    self.through = through
  }

  /// Whether releases are inferred, so that labels depend on the time.
  var readsTimeline: Bool { timeline?.isEmpty == false }

  /// The index in `phases` of the record's stream at its time.
  mutating func phase(of record: Record, in batch: Batch) -> Int {
    let pushed = batch.streamLabels(of: record)
    if latest < 0 || !equal(streams[latest], record, pushed, batch) {
      latest = place(of: record, pushed, in: batch)
    }
    let range = streams[latest].phases
    var index = range.upperBound - 1
    while index > range.lowerBound, phases[index].start > record.time { index -= 1 }
    return index
  }

  private mutating func place(
    of record: Record, _ pushed: Slice?, in batch: Batch
  ) -> Int {
    var hash = Self.hash(record, batch)
    if let pushed { Self.mix(batch.bytes(pushed), into: &hash) }
    var next = places[hash] ?? -1
    while next >= 0 {
      if equal(streams[next], record, pushed, batch) { return next }
      next = streams[next].following
    }
    var stream = Stream(
      tenant: batch.string(record.tenant), service: batch.string(record.service),
      environment: batch.string(record.environment), host: batch.string(record.host),
      logger: batch.string(record.logger), release: batch.string(record.release),
      level: record.level, pushed: pushed.map { batch.string($0) }, phases: 0..<0,
      following: places[hash] ?? -1)
    let first = phases.count
    addPhases(of: stream)
    stream.phases = first..<phases.count
    streams.append(stream)
    places[hash] = streams.count - 1
    return streams.count - 1
  }

  private mutating func addPhases(of stream: Stream) {
    guard scope.sees(stream.tenant) else {
      phases.append(Phase(start: .min, labels: .empty, isSelected: false))
      return
    }
    let own = stream.pushed.flatMap { StreamLabels.read($0) }
    let labels = own.map { Self.labels(of: stream, own: $0, scope) } ?? labels(of: stream)
    guard stream.release.isEmpty, let timeline, !timeline.isEmpty else {
      phases.append(Phase(start: .min, labels: labels, isSelected: selects(labels, stream)))
      return
    }
    let subject = Timeline.Subject(
      tenant: stream.tenant, service: Self.service(of: stream, labels),
      environment: stream.environment, instance: stream.host)
    for change in timeline.changes(of: subject, from: from, through: through) {
      let shown = labels.setting(LogLabels.release, change.release)
      phases.append(
        Phase(start: change.at, labels: shown, isSelected: selects(shown, stream)))
    }
  }

  /// For the timeline, a pushed stream is of the service that senders to Loki name otherwise.
  private static func service(of stream: Stream, _ labels: Labels) -> ByteString {
    if stream.pushed == nil || !stream.service.isEmpty { return stream.service }
    return labels["service_name"] ?? labels["job"] ?? .empty
  }

  /// What a pushed stream came with, and in a read of the fleet whose it is.
  private static func labels(of stream: Stream, own: [Label], _ scope: Scope) -> Labels {
    var labels = Labels(
      own + [
        Label(LogLabels.environment, stream.environment), Label(LogLabels.host, stream.host),
        Label(LogLabels.logger, stream.logger), Label(LogLabels.release, stream.release),
        Label(LogLabels.service, stream.service),
      ])
    guard scope == .fleet else { return labels }
    if let stated = labels[LogLabels.tenant], stated != stream.tenant {
      labels.set(LogLabels.exportedTenant, stated)
    }
    labels.set(LogLabels.tenant, stream.tenant)
    return labels
  }

  private func labels(of stream: Stream) -> Labels {
    var pairs = [
      Label(LogLabels.environment, stream.environment), Label(LogLabels.host, stream.host),
    ]
    if stream.level != .unknown { pairs.append(Label(LogLabels.level, stream.level.name)) }
    pairs.append(Label(LogLabels.logger, stream.logger))
    pairs.append(Label(LogLabels.release, stream.release))
    pairs.append(Label(LogLabels.service, stream.service))
    if scope == .fleet { pairs.append(Label(LogLabels.tenant, stream.tenant)) }
    return Labels(sorted: pairs.filter { !$0.value.isEmpty })
  }

  private func selects(_ labels: Labels, _ stream: Stream) -> Bool {
    matchers.allSatisfy { matcher in
      matcher.name == LogLabels.detectedLevel && labels[matcher.name] == nil
        ? matcher.accepts(stream.level.detectedName) : matcher.accepts(labels)
    }
  }

  private func equal(
    _ stream: Stream, _ record: Record, _ pushed: Slice?, _ batch: Batch
  ) -> Bool {
    stream.level == record.level
      && Self.equal(stream.pushed, pushed, batch)
      && Self.equal(stream.tenant, batch.bytes(record.tenant))
      && Self.equal(stream.logger, batch.bytes(record.logger))
      && Self.equal(stream.host, batch.bytes(record.host))
      && Self.equal(stream.service, batch.bytes(record.service))
      && Self.equal(stream.environment, batch.bytes(record.environment))
      && Self.equal(stream.release, batch.bytes(record.release))
  }

  private static func equal(_ text: ByteString?, _ slice: Slice?, _ batch: Batch) -> Bool {
    guard let text else { return slice == nil }
    guard let slice else { return false }
    return equal(text, batch.bytes(slice))
  }

  private static func equal(_ text: ByteString, _ bytes: Span<UInt8>) -> Bool {
    guard text.count == bytes.count else { return false }
    // Both have `text.count` bytes, and the pointers do not leave the closures.
    return text.bytes.withUnsafeBytes { text in
      bytes.withUnsafeBytes { bytes in
        guard let first = text.baseAddress, let second = bytes.baseAddress else { return true }
        return memcmp(first, second, text.count) == 0
      }
    }
  }

  private static func hash(_ record: Record, _ batch: Batch) -> UInt64 {
    var hash = UInt64(record.level.rawValue)
    mix(batch.bytes(record.tenant), into: &hash)
    mix(batch.bytes(record.service), into: &hash)
    mix(batch.bytes(record.environment), into: &hash)
    mix(batch.bytes(record.host), into: &hash)
    mix(batch.bytes(record.logger), into: &hash)
    mix(batch.bytes(record.release), into: &hash)
    return hash
  }

  /// Eight bytes at a time, the count last, so that parts do not run into each other. Equality is
  /// checked on what the hash finds.
  private static func mix(_ bytes: Span<UInt8>, into hash: inout UInt64) {
    hash = bytes.withUnsafeBytes { bytes in
      var mixed = hash
      var offset = 0
      while offset + 8 <= bytes.count {
        mixed = stir(mixed, bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        offset += 8
      }
      var rest: UInt64 = 0
      while offset < bytes.count {
        rest = rest << 8 | UInt64(bytes[offset])
        offset += 1
      }
      return stir(mixed, rest ^ UInt64(bytes.count) << 56)
    }
  }

  private static func stir(_ hash: UInt64, _ word: UInt64) -> UInt64 {
    let product = (hash ^ word ^ 0x9E37_79B9_7F4A_7C15) &* 0xBF58_476D_1CE4_E5B9
    return product ^ (product >> 29)
  }
}
