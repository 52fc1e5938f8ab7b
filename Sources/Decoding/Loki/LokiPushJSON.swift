import Bytes
import Model

/// Push requests in JSON: `{"streams":[{"stream":{...},"values":[["<ns>","line",{...}]]}]}`, and
/// those of Loki's first API, `{"streams":[{"labels":"{...}","entries":[{"ts":...,"line":...}]}]}`.
/// Members of other names mean nothing.
enum LokiPushJSON {
  /// Where the parts of a stream stand; empty for one that is missing.
  private struct Parts {
    var stream = 0..<0
    var labels = 0..<0
    var values = 0..<0
    var entries = 0..<0
  }

  /// Returns how many streams the request has. Throws when it is no JSON of that shape; then
  /// nothing of it is in the batch.
  static func decode(
    _ frame: Span<UInt8>, receivedAt: Int64, into batch: inout Batch
  ) throws(Fault) -> Int {
    let streams: [Parts]
    do throws(JSONFault) {
      streams = try parts(of: frame)
    } catch {
      throw Fault(
        .invalidJSON, "\(error.reason) at byte \(error.position)", at: error.position,
        refused: frame.extracting(Swift.min(error.position, frame.count)..<frame.count))
    }
    guard streams.count <= Limits.streamsPerFrame else {
      throw Fault(.bodyTooLarge, "more than \(Limits.streamsPerFrame) streams")
    }
    for parts in streams { decode(parts, of: frame, receivedAt: receivedAt, into: &batch) }
    return streams.count
  }

  /// Reads the whole document once, so that one that is cut short stores nothing.
  private static func parts(of frame: Span<UInt8>) throws(JSONFault) -> [Parts] {
    var scanner = JSONScanner(frame, from: JSONFrame.start(of: frame))
    var found: [Parts] = []
    switch try scanner.next() {
    case .null: break
    case .objectStart:
      while case .key(let range, _) = try scanner.next() {
        if frame.extracting(range).equals("streams"), found.isEmpty {
          found = try streams(&scanner)
        } else {
          _ = try scanner.skipValue()
        }
      }
    default: throw JSONFault(reason: "expected an object", position: 0)
    }
    _ = try scanner.next()
    return found
  }

  private static func streams(_ scanner: inout JSONScanner) throws(JSONFault) -> [Parts] {
    var found: [Parts] = []
    switch try scanner.next() {
    case .null: return []
    case .arrayStart: break
    default: throw JSONFault(reason: "streams: expected an array", position: scanner.position)
    }
    while true {
      switch try scanner.next() {
      case .arrayEnd: return found
      case .objectStart:
        var parts = Parts()
        while case .key(let range, _) = try scanner.next() {
          let name = scanner.bytes.extracting(range)
          let value = try scanner.skipValue()
          if name.equals("stream"), parts.stream.isEmpty { parts.stream = value }
          if name.equals("labels"), parts.labels.isEmpty { parts.labels = value }
          if name.equals("values"), parts.values.isEmpty { parts.values = value }
          if name.equals("entries"), parts.entries.isEmpty { parts.entries = value }
        }
        // One more than may be is enough to refuse them.
        if found.count <= Limits.streamsPerFrame { found.append(parts) }
      default: throw JSONFault(reason: "streams: expected objects", position: scanner.position)
      }
    }
  }

  private static func decode(
    _ parts: Parts, of frame: Span<UInt8>, receivedAt: Int64, into batch: inout Batch
  ) {
    let isOld = parts.values.isEmpty && !parts.entries.isEmpty
    let place = isOld ? parts.entries : parts.values
    var stream: PushedStream?
    var entries = LokiEntryReader(frame, at: place, isOld: isOld)
    do throws(Fault) {
      let pairs = try labels(parts, of: frame)
      var opened = try PushedStream(pairs, receivedAt: receivedAt, into: &batch)
      stream = opened
      try entries.read(into: &opened, &batch)
    } catch {
      // The stream's records, all of them, are the fault's.
      let count = entries.count
      if let stream {
        stream.withdraw(error, entries: count, from: &batch)
      } else {
        batch.faults.add(error, count: Swift.max(1, count))
      }
    }
  }

  private static func labels(
    _ parts: Parts, of frame: Span<UInt8>
  ) throws(Fault) -> [Label] {
    if parts.stream.isEmpty, !parts.labels.isEmpty {
      var scanner = JSONScanner(frame, from: parts.labels.lowerBound)
      guard case .string(let range, let escaped)? = try? scanner.next() else {
        throw Fault(
          .malformed, "labels: expected a string", refused: frame.extracting(parts.labels))
      }
      var text: [UInt8] = []
      if escaped {
        JSONText.unescape(frame, range, into: &text)
        return try StreamLabelText.parse(text.span)
      }
      return try StreamLabelText.parse(frame.extracting(range))
    }
    guard !parts.stream.isEmpty else { return [] }
    return try members(frame, parts.stream)
  }

  private static func members(
    _ frame: Span<UInt8>, _ place: Range<Int>
  ) throws(Fault) -> [Label] {
    var scanner = JSONScanner(frame, from: place.lowerBound)
    let fault = Fault(
      .malformed, "stream: expected an object of strings", at: place.lowerBound,
      refused: frame.extracting(place))
    var pairs: [Label] = []
    guard case .objectStart? = try? scanner.next() else { throw fault }
    while case .key(let name, let isEscaped)? = try? scanner.next() {
      guard case .string(let value, let escaped)? = try? scanner.next() else { throw fault }
      // As many as are refused for their number, and one more.
      guard pairs.count <= Limits.labelsPerSeries else { break }
      pairs.append(Label(text(frame, name, isEscaped), text(frame, value, escaped)))
    }
    return pairs
  }

  private static func text(
    _ frame: Span<UInt8>, _ range: Range<Int>, _ escaped: Bool
  ) -> ByteString {
    guard escaped else { return ByteString(frame.extracting(range)) }
    var decoded: [UInt8] = []
    JSONText.unescape(frame, range, into: &decoded)
    return ByteString(decoded)
  }
}
