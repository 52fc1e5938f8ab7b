import Bytes
import Model

/// Reads the entries of one stream of a JSON push request. The JSON itself was checked before.
struct LokiEntryReader: ~Escapable {
  private let frame: Span<UInt8>
  private let place: Range<Int>
  private let isOld: Bool
  private var metadata: [PushedStream.Metadata] = []

  /// `place` is the array of `values`, or with `isOld` that of `entries`; empty when there is none.
  @_lifetime(copy frame)
  init(_ frame: Span<UInt8>, at place: Range<Int>, isOld: Bool) {
    self.frame = frame
    self.place = place
    self.isOld = isOld
  }

  /// How many entries there are; 1 when what stands there is no array.
  var count: Int {
    guard !place.isEmpty else { return 0 }
    var scanner = JSONScanner(frame, from: place.lowerBound)
    guard case .arrayStart? = try? scanner.next() else { return 1 }
    var count = 0
    while let token = try? scanner.next(), token != .arrayEnd {
      count += 1
      while scanner.openContainers > 1 {
        guard (try? scanner.next()) != nil else { return count }
      }
    }
    return count
  }

  /// Adds each entry to the stream. Throws at the first that is none.
  mutating func read(into stream: inout PushedStream, _ batch: inout Batch) throws(Fault) {
    guard !place.isEmpty else { return }
    var scanner = JSONScanner(frame, from: place.lowerBound)
    switch try next(&scanner) {
    case .null: return
    case .arrayStart: break
    default: throw fault(&scanner, "expected an array of entries")
    }
    while true {
      let token = try next(&scanner)
      if token == .arrayEnd { return }
      metadata.removeAll(keepingCapacity: true)
      let entry = isOld ? try named(token, &scanner, &batch) : try listed(token, &scanner, &batch)
      stream.add(time: entry.time, line: entry.line, metadata: metadata, into: &batch)
    }
  }

  /// `["<ns>", "line"]` or `["<ns>", "line", {...}]`.
  private mutating func listed(
    _ token: JSONScanner.Token, _ scanner: inout JSONScanner, _ batch: inout Batch
  ) throws(Fault) -> (time: Int64, line: Slice) {
    guard token == .arrayStart else { throw fault(&scanner, "an entry must be an array") }
    guard case .string(let digits, _) = try next(&scanner),
      let time = Numbers.integer(frame.extracting(digits)), time >= 0
    else { throw badTime(&scanner, "a string of nanoseconds since 1970") }
    guard case .string(let text, let escaped) = try next(&scanner) else {
      throw fault(&scanner, "a line must be a string")
    }
    let line = intern(text, escaped, &batch)
    switch try next(&scanner) {
    case .arrayEnd: return (time, line)
    case .objectStart: try readMetadata(&scanner, &batch)
    default: throw fault(&scanner, "structured metadata must be an object")
    }
    guard try next(&scanner) == .arrayEnd else {
      throw fault(&scanner, "an entry has 2 or 3 elements")
    }
    return (time, line)
  }

  /// `{"ts":"<RFC 3339>","line":"..."}`.
  private mutating func named(
    _ token: JSONScanner.Token, _ scanner: inout JSONScanner, _ batch: inout Batch
  ) throws(Fault) -> (time: Int64, line: Slice) {
    guard token == .objectStart else { throw fault(&scanner, "an entry must be an object") }
    var time: Int64?
    var line = Slice.empty
    while case .key(let name, _) = try next(&scanner) {
      let isTime = frame.extracting(name).equals("ts")
      let isLine = frame.extracting(name).equals("line")
      if isTime || isLine {
        guard case .string(let text, let escaped) = try next(&scanner) else {
          throw fault(&scanner, "ts and line must be strings")
        }
        if isTime {
          time = Instant.parse(frame.extracting(text))
        } else {
          line = intern(text, escaped, &batch)
        }
      } else {
        do throws(JSONFault) { _ = try scanner.skipValue() } catch { throw jsonFault(error) }
      }
    }
    guard let time else { throw badTime(&scanner, "RFC 3339") }
    return (time, line)
  }

  private mutating func readMetadata(
    _ scanner: inout JSONScanner, _ batch: inout Batch
  ) throws(Fault) {
    while case .key(let name, let isEscaped) = try next(&scanner) {
      guard case .string(let value, let escaped) = try next(&scanner) else {
        throw fault(&scanner, "structured metadata must be strings")
      }
      metadata.append((intern(name, isEscaped, &batch), intern(value, escaped, &batch)))
    }
  }

  private func intern(_ range: Range<Int>, _ escaped: Bool, _ batch: inout Batch) -> Slice {
    escaped
      ? batch.internUnescaped(frame, range) : batch.intern(frame.extracting(range))
  }

  private func next(_ scanner: inout JSONScanner) throws(Fault) -> JSONScanner.Token {
    do throws(JSONFault) { return try scanner.next() } catch { throw jsonFault(error) }
  }

  private func jsonFault(_ fault: JSONFault) -> Fault {
    Fault(.invalidJSON, "\(fault.reason) at byte \(fault.position)", at: fault.position)
  }

  private func fault(_ scanner: inout JSONScanner, _ reason: String) -> Fault {
    Fault(.malformed, "\(reason), at byte \(scanner.position)", at: scanner.position)
  }

  private func badTime(_ scanner: inout JSONScanner, _ form: String) -> Fault {
    Fault(
      .invalidTime, "a timestamp must be \(form), at byte \(scanner.position)",
      at: scanner.position)
  }
}
