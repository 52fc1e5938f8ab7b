import Bytes

/// Labels out of lines that are JSON objects: the `json` and `unpack` stages.
enum JSONLabels {
  private static let entry: ByteString = "_entry"

  /// All members of the object, nested ones as `outer_inner`; arrays and nulls are left out. The
  /// row gets `JSONParserErr`, and what was found so far, when the line is no object.
  static func flatten(_ line: Span<UInt8>, into row: inout LogRow) {
    var scanner = JSONScanner(line)
    var names: [ByteString] = []
    var name = ByteString.empty
    do throws(JSONFault) {
      guard try scanner.next() == .objectStart else {
        return row.fail(.json, "not a JSON object")
      }
      while true {
        switch try scanner.next() {
        case .key(let range, let isEscaped):
          name = text(line, range, isEscaped)
          scanner.skipBlanks()
          if scanner.position < line.count, line[scanner.position] == 91 {
            _ = try scanner.skipValue()
          }
        case .objectStart:
          names.append(name)
        case .objectEnd:
          if names.popLast() == nil {
            _ = try scanner.next()
            return
          }
        case .string(let range, let isEscaped):
          row.extract(joined(names, name), text(line, range, isEscaped))
        case .number(let range):
          row.extract(joined(names, name), ByteString(line.extracting(range)))
        case .boolean(let flag): row.extract(joined(names, name), flag ? "true" : "false")
        case .arrayStart, .arrayEnd, .null: break
        case .end: return
        }
      }
    } catch {
      row.fail(.json, "\(error.reason) at byte \(error.position)")
    }
  }

  /// Only the members the query names.
  static func pick(
    _ wanted: [(label: ByteString, steps: MemberSteps)], from line: Span<UInt8>,
    into row: inout LogRow
  ) {
    var scanner = JSONScanner(line)
    do throws(JSONFault) {
      _ = try scanner.skipValue()
      _ = try scanner.next()
    } catch {
      return row.fail(.json, "\(error.reason) at byte \(error.position)")
    }
    for (label, steps) in wanted {
      if let value = steps.value(in: line) { row.extract(label, value) }
    }
  }

  /// The string members of the object become labels, and `_entry` the line.
  static func unpack(_ line: Span<UInt8>, into row: inout LogRow) {
    var scanner = JSONScanner(line)
    var found: [(ByteString, ByteString)] = []
    var entry: ByteString?
    do throws(JSONFault) {
      guard try scanner.next() == .objectStart else {
        return row.fail(.json, "not a JSON object")
      }
      while case .key(let range, let isEscaped) = try scanner.next() {
        let name = text(line, range, isEscaped)
        scanner.skipBlanks()
        guard scanner.position < line.count, line[scanner.position] == 34,
          case .string(let value, let escaped) = try scanner.next()
        else {
          _ = try scanner.skipValue()
          continue
        }
        if name == Self.entry {
          entry = text(line, value, escaped)
        } else {
          found.append((name, text(line, value, escaped)))
        }
      }
      _ = try scanner.next()
    } catch {
      return row.fail(.json, "\(error.reason) at byte \(error.position)")
    }
    for (name, value) in found { row.extract(name, value) }
    if let entry { row.line = entry.bytes }
  }

  private static func joined(_ names: [ByteString], _ name: ByteString) -> ByteString {
    guard !names.isEmpty else { return name }
    var out: [UInt8] = []
    for outer in names {
      out += outer.bytes
      out.append(95)
    }
    return ByteString(out + name.bytes)
  }

  /// The text of a string's body.
  static func text(_ line: Span<UInt8>, _ range: Range<Int>, _ isEscaped: Bool) -> ByteString {
    guard isEscaped else { return ByteString(line.extracting(range)) }
    var out: [UInt8] = []
    JSONText.unescape(line, range, into: &out)
    return ByteString(out)
  }
}
