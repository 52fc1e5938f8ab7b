/// Swift text parted into code, comments and the contents of strings. Each part has the lines of
/// the whole, with what is not its own blanked, so that places and columns stay.
struct SplitText {
  private(set) var code: [UInt8]
  private(set) var comments: [UInt8]
  /// Lines (from 0) that begin inside a string of several lines.
  private(set) var textLines: Set<Int> = []

  private enum Frame {
    case code(depth: Int)
    case string(hashes: Int, isLong: Bool)
  }

  private let bytes: [UInt8]
  private var place = 0
  private var line = 0
  private var frames: [Frame] = [.code(depth: 0)]

  init(_ text: String) {
    bytes = Array(text.utf8)
    code = bytes.map { $0 == 10 ? 10 : 32 }
    comments = code
    while place < bytes.count {
      switch frames[frames.count - 1] {
      case .code(let depth): stepCode(depth)
      case .string(let hashes, let isLong): stepString(hashes, isLong)
      }
    }
  }

  private func starts(_ text: StaticString, at start: Int) -> Bool {
    let wanted = Array("\(text)".utf8)
    return start + wanted.count <= bytes.count
      && bytes[start..<start + wanted.count].elementsEqual(wanted)
  }

  private func hashes(at start: Int) -> Int {
    bytes[start...].prefix { $0 == UInt8(ascii: "#") }.count
  }

  /// Passes one byte; a new line begins after a line feed.
  private mutating func pass() {
    if bytes[place] == 10 {
      line += 1
      if case .string = frames[frames.count - 1] { textLines.insert(line) }
    }
    place += 1
  }

  private mutating func keep(_ count: Int) {
    for _ in 0..<count where place < bytes.count {
      code[place] = bytes[place]
      pass()
    }
  }

  private mutating func stepCode(_ depth: Int) {
    if starts("//", at: place) { return passLineComment() }
    if starts("/*", at: place) { return passBlockComment() }
    let hashes = hashes(at: place)
    let quote = place + hashes
    if quote < bytes.count, bytes[quote] == UInt8(ascii: "\"") {
      let isLong = starts("\"\"\"", at: quote)
      keep(hashes + (isLong ? 3 : 1))
      frames.append(.string(hashes: hashes, isLong: isLong))
      return
    }
    let byte = bytes[place]
    keep(1)
    guard frames.count > 1 else { return }
    if byte == UInt8(ascii: "(") { frames[frames.count - 1] = .code(depth: depth + 1) }
    if byte == UInt8(ascii: ")") {
      if depth == 1 {
        frames.removeLast()
      } else {
        frames[frames.count - 1] = .code(depth: depth - 1)
      }
    }
  }

  private mutating func passLineComment() {
    while place < bytes.count, bytes[place] != 10 {
      comments[place] = bytes[place]
      place += 1
    }
  }

  private mutating func passBlockComment() {
    var depth = 0
    repeat {
      let opens = starts("/*", at: place)
      if opens { depth += 1 }
      let closes = !opens && starts("*/", at: place)
      if closes { depth -= 1 }
      for _ in 0..<(opens || closes ? 2 : 1) where place < bytes.count {
        comments[place] = bytes[place]
        pass()
      }
    } while depth > 0 && place < bytes.count
  }

  private mutating func stepString(_ hashes: Int, _ isLong: Bool) {
    let byte = bytes[place]
    if byte == UInt8(ascii: "\\"), self.hashes(at: place + 1) >= hashes {
      let escaped = place + 1 + hashes
      if escaped < bytes.count, bytes[escaped] == UInt8(ascii: "(") {
        place = escaped
        keep(1)
        frames.append(.code(depth: 1))
      } else {
        while place < min(escaped + 1, bytes.count) { pass() }
      }
      return
    }
    if byte == 10, !isLong {
      frames.removeLast()
      return
    }
    let length = isLong ? 3 : 1
    let isEnd = isLong ? starts("\"\"\"", at: place) : byte == UInt8(ascii: "\"")
    if isEnd, self.hashes(at: min(place + length, bytes.count)) >= hashes {
      frames.removeLast()
      keep(length + hashes)
    } else {
      pass()
    }
  }
}
