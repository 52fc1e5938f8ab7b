import Foundation

/// A text that is searched for words.
struct CodeText: Sendable {
  let bytes: [UInt8]
  private let lineStarts: [Int]
  /// The bytes as the C library wants them: a NUL only at the end.
  private let terminated: [CChar]

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    terminated = bytes.map { CChar(bitPattern: $0 == 0 ? 32 : $0) } + [0]
    lineStarts = [0] + bytes.indices.filter { bytes[$0] == 10 }.map { $0 + 1 }
  }

  /// Where `word` is, in bytes. With `isWhole`, nothing that could belong to the same name is
  /// before or after it, where it begins or ends like a name.
  func places(of word: String, isWhole: Bool = true) -> [Int] {
    let wanted = Array(word.utf8)
    guard let first = wanted.first, let last = wanted.last else { return [] }
    var found: [Int] = []
    var from = 0
    while let place = next(wanted, from: from) {
      from = place + 1
      let end = place + wanted.count
      let touchesBefore = place > 0 && Self.isName(first) && Self.isName(bytes[place - 1])
      let touchesAfter = end < bytes.count && Self.isName(last) && Self.isName(bytes[end])
      if !isWhole || !(touchesBefore || touchesAfter) { found.append(place) }
    }
    return found
  }

  /// The C library's search, since a debug build's own is slow over a whole tree.
  private func next(_ wanted: [UInt8], from: Int) -> Int? {
    guard from + wanted.count <= bytes.count else { return nil }
    return terminated.withUnsafeBufferPointer { all -> Int? in
      guard let base = all.baseAddress,
        let hit = strstr(base + from, wanted.map { CChar(bitPattern: $0) } + [0])
      else { return nil }
      return UnsafePointer(hit) - base
    }
  }

  static func isName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), 0x80...:
      true
    default: false
    }
  }

  /// The line of a place, from 0.
  func line(of place: Int) -> Int {
    var (low, high) = (0, lineStarts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= place { low = middle } else { high = middle }
    }
    return low
  }

  func text(ofLine line: Int) -> String {
    guard lineStarts.indices.contains(line) else { return "" }
    let end = line + 1 < lineStarts.count ? lineStarts[line + 1] - 1 : bytes.count
    return String(decoding: bytes[lineStarts[line]..<end], as: UTF8.self)
  }

  var lines: [String] { lineStarts.indices.map(text(ofLine:)) }

  /// The place after the brace that closes the one at `open`.
  func end(ofBlockAt open: Int) -> Int {
    var depth = 0
    for place in open..<bytes.count {
      if bytes[place] == UInt8(ascii: "{") { depth += 1 }
      if bytes[place] == UInt8(ascii: "}") {
        depth -= 1
        if depth == 0 { return place + 1 }
      }
    }
    return bytes.count
  }

  /// The name that begins at or after a place, past spaces.
  func name(at place: Int) -> String {
    let start = bytes[min(place, bytes.count)...].drop { $0 == 32 }
    return String(decoding: start.prefix { Self.isName($0) }, as: UTF8.self)
  }
}
