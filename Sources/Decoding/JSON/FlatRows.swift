import Bytes
import Model

/// What the fast way through JSON rows remembers from one to the next: the keys that came, what
/// each means, and buffers.
struct FlatRows {
  /// What a key means, decided once.
  struct Key {
    let role: MemberRole?
    let hints: MemberHints
    let count: UInt32
    /// Where the key stood first in the frame: all its fields are named by those bytes, so that
    /// equal names can be told by their place alone.
    var offset: UInt32 = 0
    /// The frame that is meant.
    var frame: UInt32 = 0

    init(_ name: Span<UInt8>) {
      role = MemberRole(name)
      hints = MemberHints(name)
      count = UInt32(truncatingIfNeeded: name.count)
    }
  }

  var scanner = JSONRowScanner()
  var keys: [Key] = []
  /// A row that needs the scanner: it reads what it does not write.
  var copy: [UInt8] = []
  /// Counts the frames.
  var frame: UInt32 = 0
  /// Whether a key is a name of our own, which must be renamed.
  private var hasReservedKeys = false

  /// Begins a frame: bytes of another arena, or of another place in it.
  mutating func startFrame() {
    if scanner.isFull { self = FlatRows() }
    frame &+= 1
    // Frame 0 is none; a count that comes round must not meet an old one.
    if frame == 0 {
      frame = 1
      for index in keys.indices { keys[index].frame = 0 }
    }
  }

  /// Cuts the row at `start`; nil when the scanner must read it. Returns where the object and its
  /// line end. Nothing of the batch has changed then.
  mutating func cut(
    _ arena: Span<UInt8>, from start: Int, to end: Int
  ) -> (object: Int, line: Int)? {
    let ends = scanner.scan(arena, from: start, to: end)
    while keys.count < scanner.keyCount {
      let key = Key(scanner.key(keys.count + 1))
      if key.role == .reserved { hasReservedKeys = true }
      keys.append(key)
    }
    guard let ends, ends.object - start <= Limits.recordBytes else { return nil }
    if hasReservedKeys, has(.reserved, atLeast: 0) { return nil }
    // A row without a message is its own message, as it came: no text in it may be decoded.
    return !scanner.hasEscapes || has(.message, atLeast: 1) ? ends : nil
  }

  /// Whether the row has a member of that role with so many bytes at least.
  private func has(_ role: MemberRole, atLeast count: UInt32) -> Bool {
    for index in 0..<scanner.count {
      let member = scanner.members[index]
      if case .null = member.kind { continue }
      if keys[Int(member.key) - 1].role == role, member.count >= count { return true }
    }
    return false
  }
}

extension LogRowReader {
  /// Decodes lines of objects that lie in the batch's arena at `frame`, with the row scanner's
  /// padding behind them: as `JSONFrame.decode` does, but without copying what they say.
  mutating func decodeLines(at frame: Range<Int>, of batch: inout Batch) {
    flat.startFrame()
    var position =
      frame.lowerBound + JSONFrame.start(of: batch.arena.span.extracting(frame))
    var rows = 0
    while true {
      while position < frame.upperBound, batch.arena[position].isBlank { position += 1 }
      guard position < frame.upperBound else { return }
      rows += 1
      if rows == Self.sampledRows {
        reserve(for: frame, read: position - frame.lowerBound, rows, in: &batch)
      }
      if rows <= Limits.rowsPerFrame,
        let ends = flat.cut(batch.arena.span, from: position, to: frame.upperBound)
      {
        let outcome = addFlat(from: position, to: ends.object, into: &batch)
        if case .refused(let fault) = outcome {
          batch.discardPendingFields()
          batch.faults.add(fault.shifted(by: position - frame.lowerBound))
        }
        position = ends.line
        continue
      }
      position = scanLine(at: position, row: rows, frame, of: &batch)
    }
  }

  /// Decodes one line by the scanner; returns where it ends.
  private mutating func scanLine(
    at start: Int, row: Int, _ frame: Range<Int>, of batch: inout Batch
  ) -> Int {
    let end = batch.arena.span.firstIndex(of: 10, from: start) ?? frame.upperBound
    guard row <= Limits.rowsPerFrame else {
      batch.faults.add(Fault(.bodyTooLarge, "rows after the \(Limits.rowsPerFrame)th"))
      return end
    }
    if flat.scanner.isFull { flat.startFrame() }
    var line = flat.copy
    flat.copy = []
    line.removeAll(keepingCapacity: true)
    let range = batch.arena.span.trimmed(start..<Swift.min(end, frame.upperBound))
    batch.arena.span.extracting(range).withUnsafeBufferPointer { line.append(contentsOf: $0) }
    if let fault = JSONFrame.scanLine(line.span, with: &self, into: &batch) {
      batch.discardPendingFields()
      batch.faults.add(fault.shifted(by: start - frame.lowerBound))
    }
    flat.copy = line
    return end
  }

  /// Rows after which the size of the batch's tables is estimated.
  private static let sampledRows = 64

  private func reserve(
    for frame: Range<Int>, read: Int, _ rows: Int, in batch: inout Batch
  ) {
    // An eighth more than the rows so far let expect.
    let scale = Double(frame.count) / Double(Swift.max(1, read)) * 1.125
    batch.reserve(
      records: batch.records.count + Int(Double(rows) * scale),
      fields: batch.fields.count + Int(Double(batch.fields.count) * scale))
  }

  mutating func decodeFast(_ row: Span<UInt8>, into batch: inout Batch) -> RowOutcome? {
    guard !isScannerOnly, !row.isEmpty, row[0] == UInt8(ascii: "{") else { return nil }
    let kept = batch.arena.count
    let held = batch.hold(row)
    flat.startFrame()
    guard let ends = flat.cut(batch.arena.span, from: held.lowerBound, to: held.upperBound),
      ends.line == held.upperBound
    else {
      batch.cutArena(to: kept)
      return nil
    }
    let outcome = addFlat(from: held.lowerBound, to: ends.object, into: &batch)
    if case .refused = outcome {
      batch.discardPendingFields()
      batch.cutArena(to: kept)
    } else if batch.arena.count == held.upperBound + JSONRowScanner.padding {
      batch.cutArena(to: held.upperBound)
    }
    return outcome
  }

  /// Makes the row of the members that were cut last; its object lies in the arena.
  private mutating func addFlat(
    from start: Int, to end: Int, into batch: inout Batch
  ) -> RowOutcome {
    startRecord()
    mayBreakLines = false
    let members = flat.scanner.members
    // Out of the reader while it is read into: `take` changes other parts of it.
    var keys: [FlatRows.Key] = []
    swap(&keys, &flat.keys)
    for index in 0..<flat.scanner.count {
      let member = members[index]
      var value = Slice(offset: member.offset, count: member.count)
      // By comparisons, not by a jump: the kinds of a row follow no order a processor can guess.
      let raw = member.kind.rawValue
      var kind: FieldKind =
        raw == 1 ? .integer : raw == 2 ? .decimal : raw == 3 ? .boolean : .text
      if raw > 3 {
        switch member.kind {
        case .null: continue
        case .number: kind = Self.kind(of: batch.bytes(value))
        default: value = batch.unescape(value)
        }
      }
      let key = Int(member.key) - 1
      if let role = keys[key].role {
        if case .message = role, case .escapedLines = member.kind { mayBreakLines = true }
        if take(value, kind, as: role, in: batch) { continue }
      }
      hints.formUnion(keys[key].hints)
      if keys[key].frame != flat.frame {
        (keys[key].frame, keys[key].offset) = (flat.frame, member.keyOffset)
      }
      let name = Slice(offset: keys[key].offset, count: keys[key].count)
      batch.addField(name, value, kind)
    }
    swap(&keys, &flat.keys)
    if needsMessage {
      record.message = Slice(
        offset: UInt32(truncatingIfNeeded: start), count: UInt32(truncatingIfNeeded: end - start))
    }
    return commit(into: &batch).map { .refused($0) } ?? .added
  }
}
