import Bytes
package import Model

/// Odoo's log as it is: native text of 14 to 20, JSON lines of its JSON formatters, and any other
/// line between them, behind the prefixes of docker, Kubernetes and journald. Lines of one record
/// are joined per stream; a line that is none of these is a record of its own, never lost.
package struct OdooLog: WireFormat {
  package static let name = "odoo"
  package static let arrivals = [Arrival.http(path: "/ingest/odoo"), Arrival.udp(port: 9_481)]

  /// Prefixes inside prefixes; each makes the line shorter, so this bounds only the odd.
  private static let layerLimit = 4

  private var joiner = Joiner()
  private var partials = PartialLines()
  private var reader = LogRowReader(isLenient: true)

  package init() {
    reader.defaultService = "odoo"
  }

  package var pendingRows: Int { joiner.held + partials.count }

  package mutating func decode(
    _ frame: Span<UInt8>, from source: FrameSource, into batch: inout Batch
  ) throws(Fault) {
    let key = StreamKey(source: source.key, stream: .empty)
    let origin = LineOrigin(key: key, receivedAt: source.receivedAt)
    var cursor = Cursor(frame)
    _ = cursor.skip("\u{FEFF}")
    var lines = 0
    while let range = cursor.takeLine() {
      lines += 1
      guard lines <= Limits.rowsPerFrame else {
        batch.faults.add(Fault(.bodyTooLarge, "lines after the \(Limits.rowsPerFrame)th"))
        continue
      }
      let line = frame.extracting(frame.trimmedEnd(range) { $0 == 0 })
      if let plain = Wrapping.withoutColours(line) {
        take(plain.span, origin, layer: 0, into: &batch)
      } else {
        take(line, origin, layer: 0, into: &batch)
      }
    }
  }

  package mutating func flush(now: Int64, everything: Bool, into batch: inout Batch) {
    for line in partials.takeDue(now: now, everything: everything) {
      take(line.bytes.span, line.origin, layer: Self.layerLimit, into: &batch)
    }
    joiner.flush(now: now, everything: everything, into: &batch)
  }

  /// Takes prefixes off, one a layer, until the line itself is left.
  private mutating func take(
    _ line: Span<UInt8>, _ origin: LineOrigin, layer: Int, into batch: inout Batch
  ) {
    if let head = OdooHead(line) {
      open(line, head, origin, into: &batch)
      return
    }
    if layer < Self.layerLimit {
      if let inner = Wrapping.unboxed(line) {
        take(line.extracting(inner), origin, layer: layer + 1, into: &batch)
        return
      }
      if let docker = Wrapping.dockerLine(line) {
        var inner = origin
        inner.key = origin.stream(.docker, docker.stream.bytes.span)
        let isWhole = docker.text.last == 10
        let text = docker.text.span.extracting(0..<(docker.text.count - (isWhole ? 1 : 0)))
        takePiece(text, isPartial: !isWhole, inner, layer: layer + 1, into: &batch)
        return
      }
      if let prefix = Transport.find(in: line), takeBehind(prefix, line, origin, layer, &batch) {
        return
      }
    }
    content(line, origin, into: &batch)
  }

  /// Takes what stands behind a prefix; false when the prefix is none after all.
  private mutating func takeBehind(
    _ prefix: Transport, _ line: Span<UInt8>, _ origin: LineOrigin, _ layer: Int,
    _ batch: inout Batch
  ) -> Bool {
    let rest = line.extracting(prefix.rest..<line.count)
    var inner = origin
    inner.key = origin.stream(prefix.kind, line.extracting(prefix.stream))
    if prefix.isWeak, !joiner.knows(inner.key), !rest.matches("{", at: 0), OdooHead(rest) == nil {
      return false
    }
    if !prefix.host.isEmpty { inner.host = ByteString(line.extracting(prefix.host)) }
    takePiece(rest, isPartial: prefix.isPartial, inner, layer: layer + 1, into: &batch)
    return true
  }

  private mutating func takePiece(
    _ piece: Span<UInt8>, isPartial: Bool, _ origin: LineOrigin, layer: Int,
    into batch: inout Batch
  ) {
    if isPartial {
      partials.append(piece, of: origin)
      if partials.isFull { flush(now: origin.receivedAt, everything: true, into: &batch) }
    } else if let whole = partials.finish(piece, of: origin) {
      take(whole.span, origin, layer: layer, into: &batch)
    } else {
      take(piece, origin, layer: layer, into: &batch)
    }
  }

  private mutating func open(
    _ line: Span<UInt8>, _ head: OdooHead, _ origin: LineOrigin, into batch: inout Batch
  ) {
    var record = HeldRecord(receivedAt: origin.receivedAt)
    record.host = record.keep(origin.host.bytes.span)
    record.take(head, of: line)
    if AccessLine.isComplete(line, head) {
      joiner.pass(record, in: origin.key, into: &batch)
    } else {
      joiner.open(record, in: origin.key, into: &batch)
    }
  }

  /// A line without a head: JSON, the next line of the stream's record, or a record of its own.
  private mutating func content(
    _ line: Span<UInt8>, _ origin: LineOrigin, into batch: inout Batch
  ) {
    let isHeld = joiner.holds(origin.key)
    if line.trimmed(0..<line.count).isEmpty {
      if isHeld { _ = joiner.append(line, to: origin.key, at: origin.receivedAt, into: &batch) }
      return
    }
    var fault: Fault?
    if line.matches("{", at: 0), !isHeld || reader.isRow(line) {
      joiner.close(origin.key, into: &batch)
      reader.receivedAt = origin.receivedAt
      reader.host = origin.host
      fault = JSONFrame.decodeLine(line, with: &reader, into: &batch)
      if fault == nil { return }
      batch.discardPendingFields()
    }
    let isForeign = Stamp.stands(in: line, at: 0)
    if isForeign { joiner.close(origin.key, into: &batch) }
    if !isForeign, joiner.append(line, to: origin.key, at: origin.receivedAt, into: &batch) {
      return
    }
    var record = HeldRecord(receivedAt: origin.receivedAt)
    record.host = record.keep(origin.host.bytes.span)
    record.time = isForeign ? Stamp.leading(line) : nil
    record.fault = fault?.reason
    record.append(line: line)
    // A traceback whose head went elsewhere is one record still.
    if line.matches(RaisedException.mark, at: 0) {
      record.level = .error
      joiner.open(record, in: origin.key, into: &batch)
    } else {
      record.emit(into: &batch)
    }
  }
}

extension HeldRecord {
  /// Begins a record with a native line and the head that was found in it.
  mutating func take(_ head: OdooHead, of line: Span<UInt8>) {
    time = head.time
    level = head.level
    database = keep(line.extracting(head.database))
    logger = keep(line.extracting(head.logger))
    addField("pid", line.extracting(head.process), .integer)
    if head.time == nil {
      fault = .invalidTime
      addField("time", line.extracting(head.stamp), .text)
    }
    append(line: line.extracting(head.message..<line.count))
  }
}
