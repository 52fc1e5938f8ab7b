import CProcessor

/// Which of 64 bytes in a row are of which kind in words (`TextWords`), a bit each, the first byte
/// the lowest. Sixteen bytes are looked at at a time: a loop over the bytes of a text would guess
/// wrong at the end of most of its words.
struct WordMasks {
  private let masks: plimsoll_word_masks

  /// Looks at the first `count` bytes, 1 to 64. The pointer lends as many as the next multiple of
  /// 16; bits behind `count` are 0.
  @inline(__always)
  init(_ bytes: UnsafePointer<UInt8>, count: Int) {
    masks = plimsoll_find_words(bytes, Int64(count))
  }

  /// Letters, digits and underscores.
  @inline(__always) var words: UInt64 { masks.words }
  @inline(__always) var hasZero: Bool { masks.zeros != 0 }

  /// Which kinds of bytes there are among some: `TextWords` has a bit for each.
  @inline(__always)
  func kinds(_ run: UInt64) -> UInt8 {
    (masks.digits & run != 0 ? TextWords.digit : 0)
      | (masks.hexadecimals & run != 0 ? TextWords.hexadecimal : 0)
      | (masks.words & ~(masks.digits | masks.hexadecimals) & run != 0 ? TextWords.letter : 0)
  }
}
