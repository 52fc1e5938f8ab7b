import Bytes
import Model
import Packing

/// Gathers the words that differ between messages, for the filter that tells a search which blocks
/// cannot have a word. Numbers are not among them: they repeat too much to tell anything.
struct WordFilterBuilder {
  /// False when there are messages that were not cut into shapes: then the filter knows nothing.
  var isComplete = true
  private var hashes: [UInt64] = []

  mutating func add(_ cut: borrowing TextShapes, _ arena: UnsafeBufferPointer<UInt8>) {
    guard let base = arena.baseAddress else { return }
    cut.forEachWord { parameter in
      // A parameter lies within the arena it was cut from.
      let word = UnsafeBufferPointer(
        start: base + Int(parameter.offset), count: Int(parameter.count))
      hashes.append(BloomFilter.hash(word, salt: 0))
    }
  }

  /// A byte that says whether the filter is complete, then the filter.
  func bytes() -> [UInt8] {
    guard isComplete else { return [0] }
    // The hashes are lent for the call.
    return [1] + hashes.withUnsafeBufferPointer { BloomFilter.make(of: $0) }
  }
}

/// What a block's filter tells of words.
enum WordFilter {
  /// False when no message of the block can hold `word`, a whole word that could only be a
  /// parameter.
  static func mayContain(_ word: [UInt8], _ filter: [UInt8]) -> Bool {
    // A filter without words says nothing either: there are blocks whose messages were not looked
    // at, and such as have no word that counts are rare.
    guard filter.first == 1, filter.count > 1, TextWords.isFiltered(word.span) else { return true }
    // The word is lent for the call.
    let hash = word.withUnsafeBufferPointer { BloomFilter.hash($0, salt: 0) }
    return BloomFilter.mayContain(hash, filter.span.extracting(1..<filter.count))
  }
}
