/// Some places of a column, a bit each: as quick to ask as columns are long.
struct PlaceSet: Sendable {
  private var words: [UInt64] = []
  private(set) var isEmpty = true

  init(_ places: some Sequence<Int> = []) {
    for place in places { insert(place) }
  }

  /// `place` is 0 or more.
  mutating func insert(_ place: Int) {
    let word = place >> 6
    if word >= words.count {
      words.append(contentsOf: repeatElement(0, count: word + 1 - words.count))
    }
    words[word] |= 1 << UInt64(place & 63)
    isEmpty = false
  }

  /// Whether some place may be there that is not before this one.
  func mayContain(from place: Int) -> Bool { place >> 6 < words.count }

  func contains(_ place: Int) -> Bool {
    let word = place >> 6
    return word < words.count && words[word] & (1 << UInt64(place & 63)) != 0
  }
}
