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
  /// end at the end of the text or before it.
  @Test(arguments: [1, 2] as [UInt64])
  func wordsMayLieAnywhere(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var batch = Batch()
    var words: [String] = []
    for pad in 0..<140 {
      let front = String(repeating: pad % 2 == 0 ? "-" : "z", count: pad) + " "
      for row in 0..<12 {
        let length = Int.random(in: 1...(row == 0 ? 150 : 16), using: &random)
        var word = ""
        while word.count < length { word += String(random.next(), radix: 16) }
        word = "\(pad)x" + word.prefix(length)
        words.append(word)
        let end = ["", ".", " of Kunde_\(row)", "\u{e9} \(row)"][row % 4]
        Self.record(front + word + end, in: &batch)
      }
    }
    let store = try Self.compacted(batch)
    try Self.expect(batch, in: store, "seed \(seed)")
    for word in words {
      #expect(try Self.finds(word, in: store), "\(word)")
    }
    store.close()
  }

  /// What must not be cut: a zero byte, more parameters than are counted, more bytes than are
  /// looked at. It is kept all the same, with what stands beside it.
  @Test(arguments: ["a\u{0}b", "1 ", "word "], [1, 200, 201, 1_639, 4_100])
  func textsThatAreNotCutAreKept(part: String, count: Int) throws {
    var batch = Batch()
    for row in 0..<40 {
      let odd = row == 20 ? String(repeating: part, count: count) : ""
      Self.record("order \(row) of the customer was taken in \(row * 7) ms \(odd)", in: &batch)
    }
    let store = try Self.compacted(batch)
    try Self.expect(batch, in: store, "\(part) \(count)")
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
}
