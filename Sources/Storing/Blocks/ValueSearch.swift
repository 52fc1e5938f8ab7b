import Bytes
import Model
import Packing

/// A run of word bytes that is looked for in the streams of blocks as they are kept.
struct SoughtWord {
  let bytes: [UInt8]
  /// Numbers are not searched as they are kept: digits may be in any of them.
  let isDigits: Bool
  /// The bytes as halves of bytes, from an even place and from an odd one, without halves at the
  /// ends; empty when hexadecimal texts cannot hold them.
  let halves: [[UInt8]]

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    isDigits = bytes.allSatisfy { $0 &- 48 <= 9 }
    let digits = bytes.map { HexDigits.values[Int($0)] }
    let kinds = digits.reduce(0, |)
    guard kinds & HexDigits.other == 0, kinds & HexDigits.letters != HexDigits.letters else {
      halves = []
      return
    }
    halves = [0, 1].map { start in
      stride(from: start, to: digits.count - 1, by: 2).map {
        digits[$0] << 4 | digits[$0 + 1] & 15
      }
    }
  }

  /// Whether a hexadecimal column could hold it at all.
  var isHexadecimal: Bool { !halves.isEmpty }
}

extension ValueReading {
  /// Places of values of the column that may hold the word, none missing; nil is damage.
  mutating func places(of core: [UInt8], in place: StreamPlace) -> [Int]? {
    let word = SoughtWord(core)
    switch place.form {
    case .smallHexadecimals, .capitalHexadecimals: return hexPlaces(of: word, in: place)
    case .integers, .padded, .decimals:
      if !word.isDigits { return [] }
    case .texts:
      guard let range = textRange(of: place) else { return nil }
      if ByteSearch.first(core, in: texts, from: range.lowerBound, to: range.upperBound) == nil {
        return []
      }
    default: break
    }
    guard let found = values(at: place) else { return nil }
    if case .dictionary(let distinct, let codes) = found {
      let isHit = distinct.map { holds($0, core) }
      guard isHit.contains(true) else { return [] }
      return codes.indices.filter { isHit[Int(codes[$0])] }
    }
    return (0..<place.count).filter { holds(found[$0], core) }
  }

  private func holds(_ value: Slice, _ core: [UInt8]) -> Bool {
    arena.span.extracting(value.range).firstRange(of: core.span, from: 0) != nil
  }

  private func hexPlaces(of word: SoughtWord, in place: StreamPlace) -> [Int]? {
    var position = place.numbers
    guard let width = VariableInteger.take(in: numbers, at: &position), width > 0, width <= 128
    else { return nil }
    guard word.isHexadecimal, word.bytes.count <= Int(width) else { return [] }
    let size = Int(width / 2)
    let end = place.hexadecimals + size * place.count
    guard end <= hexadecimals.count else { return nil }
    var found: Set<Int> = []
    for halves in word.halves {
      // Too short to be looked for: any value may have it.
      guard halves.count >= 2 else { return Array(0..<place.count) }
      var from = place.hexadecimals
      while let hit = ByteSearch.first(halves, in: hexadecimals, from: from, to: end) {
        found.insert((hit - place.hexadecimals) / size)
        from = hit + 1
      }
    }
    return found.sorted()
  }
}
