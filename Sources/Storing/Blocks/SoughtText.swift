import Bytes

/// A text that messages must hold, and what of it can be looked for before any is decoded.
struct SoughtText: Sendable {
  let bytes: [UInt8]
  /// The longest run of word bytes or of others: shapes and parameters cut texts only between
  /// such runs.
  let core: [UInt8]
  let coreWord: SoughtWord
  /// The core is a run of word bytes.
  let isWord: Bool
  /// Words that the text has with what surrounds them, so that they are whole in the message, too.
  let wholeWords: [[UInt8]]
  /// Numbers, which are kept as such, may have the core.
  var isInNumbers: Bool {
    core.allSatisfy { $0 &- 48 <= 9 || $0 == 45 || $0 == 46 }
  }

  /// A text anywhere in the message.
  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    var runs: [(range: Range<Int>, isWord: Bool)] = []
    var start = 0
    for index in bytes.indices {
      let isWord = TextWords.classes[Int(bytes[index])] != 0
      let isLast = index + 1 == bytes.count
      if isLast || (TextWords.classes[Int(bytes[index + 1])] != 0) != isWord {
        runs.append((start..<(index + 1), isWord))
        start = index + 1
      }
    }
    let longest = runs.max {
      ($0.isWord ? 1 : 0, $0.range.count) < ($1.isWord ? 1 : 0, $1.range.count)
    }
    core = longest.map { Array(bytes[$0.range]) } ?? []
    isWord = longest?.isWord ?? false
    coreWord = SoughtWord(core)
    wholeWords = runs.filter { run in
      run.isWord && run.range.lowerBound > 0 && run.range.upperBound < bytes.count
    }.map { Array(bytes[$0.range]) }.filter { TextWords.isFiltered($0.span) }
  }
}
