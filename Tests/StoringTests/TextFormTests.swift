import Bytes
import Model
import Storing
import Support
import Testing

/// Texts that are cut into shapes and columns of numbers come back as they were, wherever their
/// words begin and end, and words are found.
@Suite struct TextFormTests {
  private static func record(_ message: String, in batch: inout Batch) {
    var record = Record(time: Rows.now + Int64(batch.records.count), receivedAt: Rows.now)
    record.tenant = batch.intern(ByteString("t"))
    record.message = batch.intern(ByteString(message))
    batch.append(record: record)
  }

  private static func compacted(_ batch: Batch) throws -> Store {
    let store = try Rows.open(MemoryDisk())
    try Rows.append(batch, to: store)
    try store.compact(now: Rows.now)
    return store
  }

  private static func expect(_ batch: Batch, in store: Store, _ comment: Comment) throws {
    var expected: [Rows.Piece: Int] = [:]
    for piece in Rows.pieces(of: batch) { expected[piece, default: 0] += 1 }
    #expect(try Rows.pieces(in: store) == expected, comment)
  }

  private static func finds(_ word: String, in store: Store) throws -> Bool {
    var isFound = false
    try store.visitRecords(in: .fleet, from: .min, to: .max) { records in
      let batch = try records.batch(RecordNeeds(texts: [ByteString(word)]))
      isFound = batch.records.contains {
        batch.bytes($0.message).firstRange(of: ByteString(word).bytes.span, from: 0) != nil
      }
      return !isFound
    }
    return isFound
  }

  /// Words of every length begin at every place of the 64 bytes that are looked at together, and
  /// end at the end of the text or before it. There are enough texts of each shape to be cut.
  @Test(arguments: [1, 2] as [UInt64])
  func wordsMayLieAnywhere(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var batch = Batch()
    var sought: [String] = []
    for pad in 0..<140 {
      let front = String(repeating: pad % 2 == 0 ? "-" : "z", count: pad) + " "
      let end = ["", ".", " of Kunde_7", "\u{e9} 7"][pad % 4]
      for row in 0..<12 {
        let length = Int.random(in: 1...(row == 0 ? 150 : 16), using: &random)
        var word = ""
        while word.count < length { word += String(random.next(), radix: 16) }
        word = "\(pad)x" + word.prefix(length)
        Self.record(front + word + end, in: &batch)
        // With a byte that is no part of it on both sides, a word is looked up in the filter.
        if row < 3, !end.isEmpty { sought.append(" " + word + end.prefix(1)) }
      }
    }
    let store = try Self.compacted(batch)
    try Self.expect(batch, in: store, "seed \(seed)")
    for text in sought {
      #expect(try Self.finds(text, in: store), "\(text)")
    }
    #expect(try !Self.finds(" 7xnowhere.", in: store))
    store.close()
  }

  /// A block with few different messages keeps them once, and has no filter.
  @Test func wordsOfFewMessagesAreFound() throws {
    var batch = Batch()
    for row in 0..<200 { Self.record("order ab1\(row % 3)x of acme was shipped", in: &batch) }
    let store = try Self.compacted(batch)
    try Self.expect(batch, in: store, "few messages")
    for text in [" ab10x ", " ab12x of", "order ab11x of acme"] {
      #expect(try Self.finds(text, in: store), "\(text)")
    }
    #expect(try !Self.finds(" ab13x ", in: store))
    store.close()
  }

  /// What must not be cut: a zero byte, more parameters than are counted, more bytes than are
  /// looked at. It is kept all the same, with what stands beside it.
  @Test(arguments: ["a\u{0}b", "1 ", "word "], [1, 200, 201, 1_639, 4_100])
  func textsThatAreNotCutAreKept(part: String, count: Int) throws {
    var batch = Batch()
    for row in 0..<300 {
      let odd = row == 20 ? String(repeating: part, count: count) : ""
      Self.record("order \(row) of the customer was taken in \(row * 7) ms \(odd)", in: &batch)
    }
    let store = try Self.compacted(batch)
    try Self.expect(batch, in: store, "\(part) \(count)")
    #expect(try Self.finds("order 299 of", in: store))
    store.close()
  }

  /// A number of so many digits, with so many behind the point.
  private static func number(
    _ digits: Int, _ behind: Int, _ random: inout SeededGenerator
  ) -> String {
    var text = ""
    for place in 0..<digits {
      if place > 0, place == digits - behind { text += "." }
      let isFirst = place == 0 && digits - behind > 1
      text += String(Int.random(in: (isFirst ? 1 : 0)...9, using: &random))
    }
    return text
  }

  /// Columns of whole numbers and of decimals of every length, some with a value that spoils them.
  @Test(arguments: [1, 2] as [UInt64])
  func numbersComeBackAsTheyWere(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let odd = [
      "-7", "-0", "007", "1.", ".5", "1e3", "12345678", "123456789", "1/2", ":", "", "9.50",
    ]
    for behind in 0...17 {
      var batch = Batch()
      for row in 0..<300 {
        for (column, spoiler) in (odd + ["1"]).enumerated() {
          let digits = Int.random(in: (behind + 1)...(behind + 9), using: &random)
          let isOdd = row == 150 && column % 2 == Int(seed % 2)
          let text = isOdd ? spoiler : Self.number(digits, behind, &random)
          batch.addField(
            batch.intern(ByteString("c\(column)")), batch.intern(ByteString(text)), .text)
        }
        Self.record("a row", in: &batch)
      }
      let store = try Self.compacted(batch)
      try Self.expect(batch, in: store, "seed \(seed), \(behind) digits behind the point")
      store.close()
    }
  }

  /// Columns of numbers of one width, with zeros in front, and what looks like one and is none.
  @Test(arguments: ["-0", "-00", "00", "+1", "1.", "99999999999999999", "-9", "09"])
  func paddedNumbersComeBackAsTheyWere(odd: String) throws {
    for width in 1...18 {
      var batch = Batch()
      for row in 0..<300 {
        let digits = String(row * 7_919)
        let text = String((String(repeating: "0", count: 18) + digits).suffix(width))
        let isOdd = row == 150 && odd.utf8.count <= width
        let padding = String(repeating: "0", count: max(0, width - odd.utf8.count))
        for (name, value) in [("same", odd), ("wide", padding + odd)] {
          batch.addField(
            batch.intern(ByteString(name)), batch.intern(ByteString(isOdd ? value : text)), .text)
        }
        Self.record("a row", in: &batch)
      }
      let store = try Self.compacted(batch)
      try Self.expect(batch, in: store, "\(odd) among \(width) digits")
      store.close()
    }
  }
}
