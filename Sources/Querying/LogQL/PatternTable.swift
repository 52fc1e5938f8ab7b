import Bytes
import Model

/// Finds the patterns of lines: words with digits in them are taken for variable at once, and lines
/// of as many words that mostly agree become one pattern (after Drain, He et al. 2017). Bounded in
/// patterns and in what a line costs; lines that fit no pattern once there are too many are not
/// counted.
struct PatternTable {
  /// Patterns at most.
  private static let most = 300
  /// Patterns of as many words that a line is compared with.
  private static let compared = 48
  /// Words of a line that count, and its bytes; behind them anything may follow.
  private static let words = 64
  private static let bytes = 1_024
  /// Texts remembered, so that lines of a known form are not compared again.
  private static let remembered = 20_000

  private static let variable: [UInt8] = Array("<_>".utf8)

  /// A pattern while it is found.
  private struct Cluster {
    let level: Level
    var words: [[UInt8]]
    var counts: [Int64: Int] = [:]
  }

  /// What lines must have in common to be compared.
  private struct Shape: Hashable {
    let level: Level
    let count: Int
  }

  private var clusters: [Cluster] = []
  private var byShape: [Shape: [Int]] = [:]
  private var byText: [[UInt8]: Int] = [:]

  /// Those of most lines first.
  var patterns: [LogPattern] {
    var byName: [ByteString: [Level: [Int64: Int]]] = [:]
    for cluster in clusters {
      let text = ByteString(Array(cluster.words.joined(separator: [32])))
      byName[text, default: [:]][cluster.level, default: [:]]
        .merge(cluster.counts) { $0 + $1 }
    }
    let found = byName.flatMap { text, levels in
      levels.map { level, counts in
        LogPattern(
          text: text, level: level,
          samples: counts.sorted { $0.key < $1.key }
            .map { Point(time: $0.key, value: Double($0.value)) })
      }
    }
    return found.sorted { left, right in
      if left.count != right.count { return left.count > right.count }
      return left.text == right.text ? left.level < right.level : left.text < right.text
    }
  }

  /// Counts a line; `time` is where its step begins, milliseconds.
  mutating func add(_ line: Span<UInt8>, level: Level, at time: Int64) {
    let words = Self.words(of: line)
    guard !words.isEmpty else { return }
    var key = Array(words.joined(separator: [32]))
    key.append(level.rawValue)
    if let known = byText[key] {
      clusters[known].counts[time, default: 0] += 1
      return
    }
    guard let index = place(of: words, level) else { return }
    clusters[index].counts[time, default: 0] += 1
    if byText.count < Self.remembered { byText[key] = index }
  }

  private mutating func place(of words: [[UInt8]], _ level: Level) -> Int? {
    let shape = Shape(level: level, count: words.count)
    let known = byShape[shape] ?? []
    var best: (index: Int, same: Int)?
    for index in known.prefix(Self.compared) {
      let same = zip(clusters[index].words, words).count { $0 == $1 }
      if same > best?.same ?? 0 { best = (index, same) }
    }
    // Three words of five, and one of two is not enough.
    if let best, best.same * 5 >= words.count * 3, words.count > 2 || best.same == words.count {
      for index in words.indices where clusters[best.index].words[index] != words[index] {
        clusters[best.index].words[index] = Self.variable
      }
      return best.index
    }
    guard clusters.count < Self.most else { return nil }
    clusters.append(Cluster(level: level, words: words))
    byShape[shape, default: []].append(clusters.count - 1)
    return clusters.count - 1
  }

  /// The first line's words, with `<_>` for their parts that have digits.
  private static func words(of line: Span<UInt8>) -> [[UInt8]] {
    let end = min(line.count, bytes)
    var cursor = Cursor(line, 0..<end)
    var words: [[UInt8]] = []
    var isCut = line.count > end
    while !cursor.isAtEnd {
      _ = cursor.take { $0 == 32 || $0 == 9 || $0 == 13 }
      if cursor.isAtEnd { break }
      if cursor.peek() == 10 || words.count == Self.words {
        isCut = true
        break
      }
      words.append(plain(line.extracting(cursor.take { !$0.isBlank })))
    }
    if isCut, !words.isEmpty, words.last != variable { words.append(variable) }
    return words
  }

  /// A word with `<_>` for each run of name bytes that has a digit in it.
  private static func plain(_ word: Span<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    var cursor = Cursor(word)
    while !cursor.isAtEnd {
      let run = cursor.take(while: isName)
      let part = word.extracting(run)
      if hasDigit(part) {
        out += variable
      } else {
        part.withUnsafeBufferPointer { out.append(contentsOf: $0) }
      }
      if let byte = cursor.next() { out.append(byte) }
    }
    return out
  }

  private static func isName(_ byte: UInt8) -> Bool {
    byte.isLetter || byte.isDigit || byte >= 128 || "._-/:+%@?&~".utf8.contains(byte)
  }

  private static func hasDigit(_ part: Span<UInt8>) -> Bool {
    for index in 0..<part.count where part[index].isDigit { return true }
    return false
  }
}
