package import Bytes

extension Regex {
  /// The longest run of bytes that every match holds as it stands, so that texts without it need
  /// not be matched; nil when there is none, or none that is told apart safely.
  package var requiredLiteral: ByteString? {
    RegexLiteral.longest(in: pattern.bytes)
  }
}

/// Finds literal runs in RE2's syntax. Whatever it does not know well ends a run, and what could
/// make a run optional gives up.
enum RegexLiteral {
  static func longest(in pattern: [UInt8]) -> ByteString? {
    // Alternatives, flags and quotes change what a run means.
    guard !pattern.contains(UInt8(ascii: "|")),
      ByteSearch.first(Array("(?".utf8), in: pattern) == nil,
      ByteSearch.first(Array("\\Q".utf8), in: pattern) == nil
    else { return nil }
    var best: [UInt8] = []
    var run: [UInt8] = []
    var place = 0
    func end() {
      if run.count > best.count { best = run }
      run = []
    }
    while place < pattern.count {
      let byte = pattern[place]
      switch byte {
      case UInt8(ascii: "("):
        // What is in a group may be repeated or left out.
        guard let close = group(pattern, from: place) else { return nil }
        end()
        place = close + 1
      case UInt8(ascii: "["):
        guard let close = bracket(pattern, from: place) else { return nil }
        end()
        place = close + 1
      case UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "{"):
        // The byte before it may be left out; all bytes of a character are.
        while let last = run.popLast(), last & 0xC0 == 0x80 {}
        end()
        place = byte == UInt8(ascii: "{") ? closing(pattern, from: place) : place + 1
      case UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "^"), UInt8(ascii: "$"),
        UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
        end()
        place += 1
      case UInt8(ascii: "\\"):
        guard place + 1 < pattern.count else { return nil }
        let next = pattern[place + 1]
        // A letter or a digit behind it is a class, or something longer.
        if isPunctuation(next) { run.append(next) } else { end() }
        if !isPunctuation(next), !"dDwWsSbB".utf8.contains(next) { return nil }
        place += 2
      default:
        run.append(byte)
        place += 1
      }
    }
    end()
    return best.isEmpty ? nil : ByteString(best)
  }

  private static func isPunctuation(_ byte: UInt8) -> Bool {
    switch byte {
    case 33...47, 58...64, 91...96, 123...126: true
    default: false
    }
  }

  /// Where the bracket that opens at `start` closes.
  private static func bracket(_ pattern: [UInt8], from start: Int) -> Int? {
    var place = start + 1
    if place < pattern.count, pattern[place] == UInt8(ascii: "^") { place += 1 }
    // The first one is itself.
    if place < pattern.count, pattern[place] == UInt8(ascii: "]") { place += 1 }
    while place < pattern.count {
      if pattern[place] == UInt8(ascii: "]") { return place }
      // Classes by name have brackets of their own.
      if pattern[place] == UInt8(ascii: "[") { return nil }
      place += pattern[place] == UInt8(ascii: "\\") ? 2 : 1
    }
    return nil
  }

  /// Where the group that opens at `start` closes.
  private static func group(_ pattern: [UInt8], from start: Int) -> Int? {
    var depth = 0
    var place = start
    while place < pattern.count {
      switch pattern[place] {
      case UInt8(ascii: "("): depth += 1
      case UInt8(ascii: ")"):
        depth -= 1
        if depth == 0 { return place }
      case UInt8(ascii: "["):
        guard let close = bracket(pattern, from: place) else { return nil }
        place = close
      case UInt8(ascii: "\\"): place += 1
      default: break
      }
      place += 1
    }
    return nil
  }

  private static func closing(_ pattern: [UInt8], from start: Int) -> Int {
    (pattern[start...].firstIndex(of: UInt8(ascii: "}")) ?? start) + 1
  }
}
