import Bytes
package import Model

/// Statsd over UDP, aggregated here and emitted every ten seconds: counters as `<name>_total`,
/// timers as `<name>_seconds_count`, `_sum` and `_bucket`, histograms the same without `_seconds`,
/// gauges and sets as `<name>`. Sums grow until a series had no line for five minutes; then it is
/// forgotten, and begins at zero again, which `rate` takes for the restart it is.
///
/// Rows of this format are lines. `pendingRows` counts the good ones since the last flush, and
/// `batch.foldedRows` of a flush those its samples stand for, whatever the number of samples. A
/// line's own time is ignored: a sample's time is that of the flush.
package struct Statsd: WireFormat {
  package static let name = "statsd"
  package static let arrivals = [Arrival.udp(port: 8_125)]

  private static let interval = 10 * Instant.second
  private static let idleTime = 300 * Instant.second

  /// What is aggregated on its own.
  private struct Slot: Hashable, Comparable {
    let identity: StatsdIdentity
    /// Gauges and sets have no suffix to tell them apart, so one name is one of them.
    let family: UInt8

    static func < (left: Slot, right: Slot) -> Bool {
      if left.identity.name != right.identity.name {
        return left.identity.name < right.identity.name
      }
      if left.identity.labels != right.identity.labels {
        return left.identity.labels.lexicographicallyPrecedes(right.identity.labels)
      }
      return left.family < right.family
    }
  }

  /// Names and labels of all series together.
  private static let identityBytes = 16 << 20
  /// Members of all sets together.
  private static let memberLimit = 10 * Limits.setValues

  private var aggregates: [Slot: StatsdAggregate] = [:]
  private var size = 0
  private var members = 0
  /// The end of the interval that goes on, nanoseconds since 1970; nil before the first line.
  private var due: Int64?
  package private(set) var pendingRows = 0

  package init() {}

  package mutating func decode(
    _ frame: Span<UInt8>, from source: FrameSource, into batch: inout Batch
  ) throws(Fault) {
    var cursor = Cursor(frame)
    var lines = 0
    while let range = cursor.takeLine() {
      let line = frame.trimmedEnd(range) { $0.isBlank || $0 == 0 }
      if line.isEmpty { continue }
      lines += 1
      do throws(Fault) {
        try take(frame.extracting(line), at: source.receivedAt)
        pendingRows += 1
        if due == nil { due = Self.boundary(after: source.receivedAt) }
      } catch {
        batch.faults.add(error)
      }
    }
    if lines == 0 { batch.faults.add(Fault(.emptyRow, "a datagram without a line")) }
  }

  private mutating func take(_ bytes: Span<UInt8>, at now: Int64) throws(Fault) {
    let line = try StatsdLine(bytes)
    let identity = try StatsdIdentity(line, of: bytes)
    let family = (line.kind == .set ? StatsdKind.gauge : line.kind).rawValue
    let slot = Slot(identity: identity, family: family)
    let known = aggregates[slot]
    if let known, known.kind != line.kind {
      throw Fault(.unknownType, "the metric has another type already", refused: bytes)
    }
    guard
      known != nil
        || (aggregates.count < Limits.aggregatedSeries
          && size + identity.size <= Self.identityBytes)
    else { throw Fault(.tooManyLabels, "more series than are kept", refused: bytes) }
    guard members <= Self.memberLimit || line.kind != .set else {
      throw Fault(.unsupported, "more members of sets than are kept", refused: bytes)
    }
    // Taken out while it changes, so that its buckets and members are not copied.
    var aggregate = aggregates.removeValue(forKey: slot) ?? StatsdAggregate(kind: line.kind)
    let before = aggregate.members.count
    do throws(Fault) {
      try aggregate.add(line, of: bytes, at: now)
    } catch {
      if known != nil { aggregates[slot] = aggregate }
      throw error
    }
    if known == nil { size += identity.size }
    members += aggregate.members.count - before
    aggregates[slot] = aggregate
  }

  private static func boundary(after instant: Int64) -> Int64? {
    let start = instant - instant % interval
    return start.adding(interval)
  }

  package mutating func flush(now: Int64, everything: Bool, into batch: inout Batch) {
    guard let due, everything || now >= due else { return }
    let start = now - now % Self.interval
    let time = (everything ? now : start) / Instant.millisecond
    batch.foldedRows = (batch.foldedRows ?? 0) + pendingRows
    pendingRows = 0
    let idle = now.adding(-Self.idleTime) ?? .min
    for (slot, aggregate) in aggregates.sorted(by: { $0.key < $1.key }) {
      let before = due / Instant.millisecond - Self.interval / Instant.millisecond + 1
      let writer = SampleWriter(slot.identity, time: time, before: before, into: &batch)
      writer.write(aggregate, into: &batch)
      aggregates[slot]?.isKnown = true
      aggregates[slot]?.forgetMembers()
      if aggregate.touchedAt <= idle {
        aggregates[slot] = nil
        size -= slot.identity.size
      }
    }
    members = 0
    self.due = aggregates.isEmpty ? nil : Self.boundary(after: now)
  }
}
