import Model

/// Cuts texts, one after another, into their shape and what differs from text to text. Keeps its
/// memory from text to text.
struct TextCutter: ~Copyable {
  /// Stands for a parameter in a shape; texts that hold it themselves are not cut.
  static let mark: UInt8 = 0
  private static let mostParameters = 200
  private static let longestText = 8 << 10
  /// Bytes that are read, or written, at a time: so many are there behind a text.
  private static let padding = 64

  /// The parameters of all texts, in order.
  private(set) var parameters: GrowingBuffer<ValuePlace>
  /// Those of them that are no numbers, if they are asked for.
  private(set) var words = GrowingBuffer<ValuePlace>(capacity: 64)
  /// The shape of the text that was cut last; zeros stand behind it, 16 at least.
  let shape: UnsafeMutablePointer<UInt8>
  /// Room for a text with nothing behind it.
  private let copy: UnsafeMutablePointer<UInt8>

  private let notesWords: Bool

  /// For so many texts, about.
  init(texts: Int, notesWords: Bool) {
    self.notesWords = notesWords
    parameters = GrowingBuffer(capacity: texts * 4)
    // Both are owned by this value alone, and released with it.
    shape = .allocate(capacity: Self.longestText + Self.padding)
    copy = .allocate(capacity: Self.longestText + Self.padding)
  }

  deinit {
    shape.deallocate()
    copy.deallocate()
  }

  /// How far the text at work is cut.
  private struct Progress {
    /// Where the literal begins that is not in the shape yet.
    var literal = 0
    /// Where the present word begins, and what was seen in it.
    var start = 0
    var seen: UInt8 = 0
    /// Bytes of the shape.
    var length = 0
    /// Parameters that are still allowed.
    var left = TextCutter.mostParameters
  }

  /// Cuts a text of the arena; returns the length of its shape, or nil for one that cannot be cut.
  @inline(__always)
  mutating func cut(_ text: Slice, _ arena: UnsafeBufferPointer<UInt8>) -> Int? {
    let (offset, count) = (Int(text.offset), Int(text.count))
    guard count <= Self.longestText, offset &+ count <= arena.count,
      let base = arena.baseAddress
    else { return nil }
    var source = base + offset
    if offset &+ count &+ Self.padding > arena.count {
      // The room is that of the longest text.
      copy.update(from: source, count: count)
      source = UnsafePointer(copy)
    }
    parameters.reserve(Self.mostParameters)
    words.reserve(Self.mostParameters)
    var progress = Progress()
    var isInWord = false
    /// Whether the byte before the block belongs to a word.
    var before: UInt64 = 0
    var block = 0
    while block < count {
      let masks = WordMasks(source + block, count: min(64, count &- block))
      guard !masks.hasZero else { return nil }
      // Where words begin, and where they end: the two take turns.
      var edges = masks.words ^ (masks.words << 1 | before)
      before = masks.words >> 63
      var run: UInt64 = isInWord ? .max : 0
      while edges != 0 {
        let edge = block &+ edges.trailingZeroBitCount
        // The bits from the edge on.
        let rest = 0 &- (edges & (0 &- edges))
        edges &= edges &- 1
        if !isInWord {
          (progress.start, progress.seen) = (edge, 0)
          run = rest
        } else {
          progress.seen |= masks.kinds(run & ~rest)
          guard end(at: edge, &progress, source, offset) else { return nil }
        }
        isInWord.toggle()
      }
      if isInWord { progress.seen |= masks.kinds(run) }
      block &+= 64
    }
    if isInWord { guard end(at: count, &progress, source, offset) else { return nil } }
    putLiteral(to: count, &progress, source)
    // A shape is no longer than its text.
    (shape + progress.length).update(repeating: 0, count: 16)
    return progress.length
  }

  /// Ends the present word; false when the text has too many parameters.
  @inline(__always)
  private mutating func end(
    at end: Int, _ progress: inout Progress, _ source: UnsafePointer<UInt8>, _ offset: Int
  ) -> Bool {
    guard TextWords.isParameter(progress.seen, count: end &- progress.start) else { return true }
    guard progress.left > 0 else { return false }
    progress.left &-= 1
    putLiteral(to: progress.start, &progress, source)
    progress.literal = end
    // A parameter has a byte at least, so that there is room for its mark.
    shape[progress.length] = Self.mark
    progress.length &+= 1
    let value = ValuePlace(
      offset: UInt32(truncatingIfNeeded: offset &+ progress.start),
      count: UInt32(truncatingIfNeeded: end &- progress.start))
    // Room for as many as are allowed was reserved.
    parameters.base[parameters.count] = value
    parameters.count &+= 1
    if notesWords, !TextWords.isNumber(progress.seen) {
      words.base[words.count] = value
      words.count &+= 1
    }
    return true
  }

  /// Adds to the shape what stands before `end` and is not in it yet.
  @inline(__always)
  private func putLiteral(to end: Int, _ progress: inout Progress, _ source: UnsafePointer<UInt8>) {
    let count = end &- progress.literal
    let from = UnsafeRawPointer(source + progress.literal)
    let target = UnsafeMutableRawPointer(shape + progress.length)
    var index = 0
    // Blocks of 16 bytes; the last may overrun, for which both sides have the room.
    while index < count {
      let block = from.loadUnaligned(fromByteOffset: index, as: SIMD16<UInt8>.self)
      target.storeBytes(of: block, toByteOffset: index, as: SIMD16<UInt8>.self)
      index &+= 16
    }
    progress.length &+= count
  }
}
