import Bytes

#if canImport(Glibc)
  import Glibc
#endif

/// A line filter made ready to run over the bytes of many lines.
struct LineTest: Sendable {
  /// One alternative, compiled.
  private enum Sought: Sendable {
    case text(ByteString)
    case regex(Regex)
    case pattern(LinePattern)
    case address(AddressRange)
  }

  private let isNegated: Bool
  private let sought: [Sought]

  /// Throws on an expression, a pattern or an address that is none.
  init(_ filter: LineFilter) throws(QueryFault) {
    isNegated = filter.operation.isNegated
    var sought: [Sought] = []
    for alternative in filter.alternatives {
      switch alternative {
      case .address(let text):
        guard let range = AddressRange(text) else {
          throw QueryFault(.badData, "ip: invalid pattern \(Quoting.quote(text))")
        }
        sought.append(.address(range))
      case .text(let text):
        switch filter.operation {
        case .contains, .lacks: sought.append(.text(text))
        case .matches, .notMatches: sought.append(.regex(try Regex.filter(text)))
        case .fits, .notFits: sought.append(.pattern(try LinePattern(filter: text)))
        }
      }
    }
    self.sought = sought
  }

  func passes(_ line: Span<UInt8>) -> Bool {
    for one in sought where Self.isFound(one, line) { return !isNegated }
    return isNegated
  }

  private static func isFound(_ sought: Sought, _ line: Span<UInt8>) -> Bool {
    switch sought {
    case .text(let text): contains(line, text)
    case .regex(let regex): regex.matches(line)
    case .pattern(let pattern): pattern.fits(line)
    case .address(let range): range.isFound(in: line)
    }
  }

  private static func contains(_ line: Span<UInt8>, _ text: ByteString) -> Bool {
    // The pointers are used inside the two closures only, and every comparison stays below the
    // line's end: `left` counts the places where the text still fits.
    line.withUnsafeBufferPointer { line in
      text.bytes.withUnsafeBufferPointer { text in
        guard let needle = text.baseAddress, text.count > 0 else { return true }
        guard let haystack = line.baseAddress, line.count >= text.count else { return false }
        var left = line.count - text.count + 1
        var place = UnsafeRawPointer(haystack)
        while left > 0, let found = memchr(place, Int32(needle[0]), left) {
          if memcmp(found, needle, text.count) == 0 { return true }
          let next = UnsafeRawPointer(found) + 1
          left -= next - place
          place = next
        }
        return false
      }
    }
  }
}

/// ANSI escape sequences, as terminals colour text with (ECMA-48, 5.4).
enum ColorCodes {
  /// The line without them.
  static func removed(from line: Span<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(line.count)
    var index = 0
    while index < line.count {
      if line[index] == 0x1B, let end = sequenceEnd(line, index) {
        index = end
      } else {
        out.append(line[index])
        index += 1
      }
    }
    return out
  }

  /// One past a control sequence `ESC [ parameters final`; nil when it does not end.
  private static func sequenceEnd(_ line: Span<UInt8>, _ start: Int) -> Int? {
    guard start + 1 < line.count, line[start + 1] == 91 else { return nil }
    var index = start + 2
    while index < line.count, line[index] >= 0x20, line[index] < 0x40 { index += 1 }
    guard index < line.count, line[index] >= 0x40, line[index] < 0x7F else { return nil }
    return index + 1
  }
}
