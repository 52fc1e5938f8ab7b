import Bytes
import Model

/// What a shipper put before a line, and where the line itself stands.
struct Transport {
  /// Who put the prefix there; part of the stream's name.
  enum Kind: UInt8 {
    case compose, journal, container, viewer, docker
  }

  let kind: Kind
  /// The container, process or stream the prefix names; lines of different ones never join.
  let stream: Range<Int>
  var host = 0..<0
  /// The rest of this line comes with the next one of the stream (CRI's flag `P`).
  var isPartial = false
  let rest: Int
  /// Whether the prefix is one only if what follows is Odoo's, or its stream is known already.
  var isWeak = false

  /// The prefix at the beginning of the line, or nil.
  static func find(in line: Span<UInt8>) -> Transport? {
    container(line) ?? viewer(line) ?? journal(line) ?? compose(line)
  }

  /// Kubernetes' CRI: `2025-06-02T22:04:41.118402913Z stderr F line`.
  private static func container(_ line: Span<UInt8>) -> Transport? {
    guard Stamp.stands(in: line, at: 0), line[10] == 84 else { return nil }
    var cursor = Cursor(line)
    guard cursor.take(until: 32) != nil else { return nil }
    let stream = cursor.take { $0 != 32 }
    let name = line.extracting(stream)
    guard name.equals("stderr") || name.equals("stdout"), cursor.skip(32) else { return nil }
    let flags = cursor.take { $0 != 32 }
    guard let flag = flags.first, line[flag] == 70 || line[flag] == 80, cursor.skip(32) else {
      return nil
    }
    return Transport(
      kind: .container, stream: stream, isPartial: line[flag] == 80, rest: cursor.position)
  }

  /// docker compose: `odoo_1         | line`. A name that does not end with a number may as well
  /// be a column of a table inside a message.
  private static func compose(_ line: Span<UInt8>) -> Transport? {
    var cursor = Cursor(line)
    let name = cursor.take { $0.isLetter || $0.isDigit || $0 == 95 || $0 == 45 || $0 == 46 }
    guard !name.isEmpty else { return nil }
    _ = cursor.take { $0 == 32 }
    guard cursor.skip(124), cursor.isAtEnd || cursor.skip(32) else { return nil }
    let stem = line.trimmedEnd(name, \.isDigit)
    let isNumbered =
      stem.upperBound < name.upperBound && stem.count > 1
      && (line[stem.upperBound - 1] == 95 || line[stem.upperBound - 1] == 45)
    return Transport(kind: .compose, stream: name, rest: cursor.position, isWeak: !isNumbered)
  }

  /// journald and syslog files: `Mar 30 07:15:08 host odoo14[5203]: line`, also with the ISO stamp
  /// of `journalctl -o short-iso`.
  private static func journal(_ line: Span<UInt8>) -> Transport? {
    var cursor = Cursor(line)
    if Stamp.month(line, at: 0) != nil {
      guard SyslogStamp.skipTraditional(&cursor), cursor.skip(32) else { return nil }
    } else {
      guard Stamp.stands(in: line, at: 0), line[10] == 84, cursor.take(until: 32) != nil else {
        return nil
      }
    }
    let start = cursor.position
    let host = cursor.take { $0 != 32 }
    guard !host.isEmpty, cursor.skip(32) else { return nil }
    let tag = cursor.take { !$0.isBlank && $0 != 91 && $0 != 58 }
    guard !tag.isEmpty, cursor.skip(91) else { return nil }
    let process = cursor.take(while: \.isDigit)
    guard !process.isEmpty, cursor.skip("]:") else { return nil }
    let stream = start..<cursor.position
    guard cursor.isAtEnd || cursor.skip(32) else { return nil }
    return Transport(kind: .journal, stream: stream, host: host, rest: cursor.position)
  }

  /// Log viewers that glue their own date to the line: `24/08/2023 11:23:07{"asctime": ...}`.
  private static func viewer(_ line: Span<UInt8>) -> Transport? {
    var cursor = Cursor(line)
    guard (1...2).contains(cursor.take(while: \.isDigit).count), cursor.skip(47),
      (1...2).contains(cursor.take(while: \.isDigit).count), cursor.skip(47),
      Instant.digits(4, &cursor) != nil, cursor.skip(32), Instant.digits(2, &cursor) != nil,
      cursor.skip(58), Instant.digits(2, &cursor) != nil, cursor.skip(58),
      Instant.digits(2, &cursor) != nil
    else { return nil }
    _ = cursor.skip(32)
    return Transport(kind: .viewer, stream: 0..<0, rest: cursor.position, isWeak: true)
  }
}

/// Bytes that stand around a line, not in it.
enum Wrapping {
  /// Without `ESC [ digits ; m`, the colours of terminals; nil when the line has none.
  static func withoutColours(_ line: Span<UInt8>) -> [UInt8]? {
    guard line.firstIndex(of: 27) != nil else { return nil }
    var plain: [UInt8] = []
    plain.reserveCapacity(line.count)
    var index = 0
    while index < line.count {
      if line[index] == 27, index + 1 < line.count, line[index + 1] == 91 {
        var end = index + 2
        while end < line.count, line[end].isDigit || line[end] == 59 { end += 1 }
        if end < line.count, line[end] == 109 {
          index = end + 1
          continue
        }
      }
      plain.append(line[index])
      index += 1
    }
    return plain.count == line.count ? nil : plain
  }

  /// The inside of a box that k9s draws around lines it copies, or nil.
  static func unboxed(_ line: Span<UInt8>) -> Range<Int>? {
    let bar: StaticString = "│"
    guard line.matches(bar, at: 0) else { return nil }
    let inner = line.trimmedEnd(0..<line.count) { $0 == 32 }
    let end = line.matches(bar, at: inner.upperBound - 3) ? inner.upperBound - 3 : inner.upperBound
    return 3..<Swift.max(3, end)
  }

  /// A line of docker's json-file driver: what was written, and the stream it was written to. Nil
  /// for JSON of any other shape.
  static func dockerLine(_ line: Span<UInt8>) -> (text: [UInt8], stream: ByteString)? {
    guard line.matches("{\"log\":", at: 0) else { return nil }
    var scanner = JSONScanner(line)
    var text: [UInt8]?
    var stream: ByteString?
    var name = 0..<0
    do throws(JSONFault) {
      while true {
        switch try scanner.next() {
        case .key(let range, _): name = range
        case .string(let range, _) where line.extracting(name).equals("log"):
          guard text == nil else { return nil }
          var decoded: [UInt8] = []
          JSONText.unescape(line, range, into: &decoded)
          text = decoded
        case .string(let range, _) where line.extracting(name).equals("stream"):
          stream = ByteString(line.extracting(range))
        case .end:
          guard let text, let stream else { return nil }
          return (text, stream)
        default: break
        }
      }
    } catch {
      return nil
    }
  }
}
