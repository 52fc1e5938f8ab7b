import Bytes
import Glibc
import Model
import Packing

/// Texts that are mostly alike, cut into shapes and what differs: a run of letters, digits and
/// underscores with a digit in it, or of hexadecimal letters only, is a parameter; all else is the
/// text's shape.
struct TextShapes {
  /// The texts of one shape.
  struct Shape {
    /// The text with one mark for each parameter.
    let key: [UInt8]
    let hash: UInt64
    let parameterCount: Int
    /// How many texts are of it.
    fileprivate(set) var textCount = 0
    /// Where its parameters begin among those of all shapes: of all its texts, in order, those of a
    /// text together.
    fileprivate var start = 0
  }

  /// Stands for a parameter; texts that hold it themselves are not cut.
  static let mark: UInt8 = 0
  private static let mostParameters = 200
  private static let longestText = 8 << 10

  private(set) var shapes: [Shape] = []
  /// For each text the index of its shape.
  private(set) var codes: [UInt16] = []
  /// The parameters of all texts, by shape.
  private var parameters: [Slice] = []

  /// Cuts all texts; nil when they are too different for that to be worth it.
  init?(_ texts: [Slice], arena: UnsafeBufferPointer<UInt8>) {
    guard let base = arena.baseAddress else { return nil }
    let most = min(4_096, max(16, texts.count / 8))
    var table = ShapeTable(most: most)
    codes.reserveCapacity(texts.count)
    var found = GrowingBuffer<ValuePlace>(capacity: texts.count * 2)
    // Buffers of fixed sizes: a text is at most as long as the scratch.
    let isCut = TextWords.classes.withUnsafeBufferPointer { classes in
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.longestText + 8) { scratch in
        guard let classes = classes.baseAddress, let scratch = scratch.baseAddress else {
          return false
        }
        for text in texts {
          guard text.count <= Self.longestText, text.range.upperBound <= arena.count else {
            return false
          }
          let before = found.count
          let length = Self.cut(text, base, classes, into: scratch, &found)
          guard length >= 0,
            let code = table.code(scratch, length, &shapes, found.count &- before)
          else {
            return false
          }
          codes.append(code)
          shapes[Int(code)].textCount &+= 1
        }
        return true
      }
    }
    guard isCut else { return nil }
    order(found)
  }

  /// Puts the parameters of the texts in the order of their shapes.
  private mutating func order(_ found: borrowing GrowingBuffer<ValuePlace>) {
    var start = 0
    for index in shapes.indices {
      shapes[index].start = start
      start += shapes[index].textCount * shapes[index].parameterCount
    }
    var next = shapes.map(\.start)
    let counts = shapes.map(\.parameterCount)
    parameters = [Slice](unsafeUninitializedCapacity: found.count) { target, count in
      var place = 0
      // Each text's parameters go to a place of their own: together they are as many as were found.
      for code in codes {
        let own = Int(code)
        for offset in 0..<counts[own] {
          let value = found.base[place &+ offset]
          target[next[own] &+ offset] = Slice(
            offset: UInt32(truncatingIfNeeded: value.offset),
            count: UInt32(truncatingIfNeeded: value.count))
        }
        next[own] &+= counts[own]
        place &+= counts[own]
      }
      count = found.count
    }
  }

  /// Lends the parameters of all texts.
  func withParameters(_ body: (UnsafeBufferPointer<Slice>) -> Void) {
    // For the time of the call.
    parameters.withUnsafeBufferPointer(body)
  }

  /// The values at one place of all texts of a shape.
  func values(of shape: Shape, at place: Int) -> [Slice] {
    [Slice](unsafeUninitializedCapacity: shape.textCount) { target, count in
      // The parameters of the shape are so many for each of its texts.
      parameters.withUnsafeBufferPointer { own in
        var next = shape.start &+ place
        for index in 0..<shape.textCount {
          target[index] = own[next]
          next &+= shape.parameterCount
        }
      }
      count = shape.textCount
    }
  }

  /// Writes a text's shape to the scratch, and notes its parameters; returns the shape's length, or
  /// -1 for a text that cannot be cut. The pointers lend the arena, the classes of bytes, and room
  /// for the whole text.
  private static func cut(
    _ text: Slice, _ arena: UnsafePointer<UInt8>, _ classes: UnsafePointer<UInt8>,
    into scratch: UnsafeMutablePointer<UInt8>, _ found: inout GrowingBuffer<ValuePlace>
  ) -> Int {
    let most = found.count &+ mostParameters
    var length = 0
    var place = Int(text.offset)
    let end = place + Int(text.count)
    while place < end {
      let byte = arena[place]
      if classes[Int(byte)] == 0 {
        guard byte != mark else { return -1 }
        scratch[length] = byte
        length &+= 1
        place &+= 1
        continue
      }
      let start = place
      var seen: UInt8 = 0
      // Words are short: to copy them along the way costs less than to copy them afterwards.
      var copied = length
      repeat {
        let byte = arena[place]
        let kind = classes[Int(byte)]
        if kind == 0 { break }
        seen |= kind
        scratch[copied] = byte
        copied &+= 1
        place &+= 1
      } while place < end
      if TextWords.isParameter(seen, count: place - start) {
        guard found.count < most else { return -1 }
        found.append(
          ValuePlace(
            offset: UInt32(truncatingIfNeeded: start),
            count: UInt32(truncatingIfNeeded: place - start)))
        scratch[length] = mark
        length &+= 1
      } else {
        length = copied
      }
    }
    return length
  }
}

/// Finds the shape of a text among those that were seen.
private struct ShapeTable {
  /// A power of two, four times the shapes and more.
  private let slots: Int
  private var places: [UInt16]
  private let most: Int

  init(most: Int) {
    self.most = most
    var slots = 64
    while slots < most * 4 { slots *= 2 }
    self.slots = slots
    places = [UInt16](repeating: .max, count: slots)
  }

  /// The index of the shape, which is added when it is new; nil when there are too many.
  mutating func code(
    _ key: UnsafePointer<UInt8>, _ length: Int, _ shapes: inout [TextShapes.Shape],
    _ parameterCount: Int
  ) -> UInt16? {
    let hash = Self.hash(key, length)
    var slot = Int(truncatingIfNeeded: hash >> 40) & (slots &- 1)
    while places[slot] != .max {
      let place = Int(places[slot])
      if shapes[place].hash == hash, Self.equal(shapes[place].key, key, length) {
        return places[slot]
      }
      slot = (slot + 1) & (slots &- 1)
    }
    guard shapes.count < most else { return nil }
    places[slot] = UInt16(truncatingIfNeeded: shapes.count)
    shapes.append(
      TextShapes.Shape(
        key: Array(UnsafeBufferPointer(start: key, count: length)), hash: hash,
        parameterCount: parameterCount))
    return places[slot]
  }

  // The key lends `length` bytes.
  private static func equal(_ known: [UInt8], _ key: UnsafePointer<UInt8>, _ length: Int) -> Bool {
    guard known.count == length else { return false }
    return known.withUnsafeBytes { bytes in
      bytes.baseAddress.map { memcmp($0, key, length) == 0 } ?? true
    }
  }

  // The key lends `length` bytes; whole words are read only within them.
  private static func hash(_ key: UnsafePointer<UInt8>, _ length: Int) -> UInt64 {
    let bytes = UnsafeRawPointer(key)
    var hash = UInt64(truncatingIfNeeded: length) &* 0x9E37_79B9_7F4A_7C15
    var place = 0
    while place &+ 8 <= length {
      hash =
        (hash ^ bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
        &* 0xFF51_AFD7_ED55_8CCD
      hash ^= hash >> 32
      place &+= 8
    }
    while place < length {
      hash = (hash ^ UInt64(key[place])) &* 0x100_0000_01B3
      place &+= 1
    }
    return hash ^ (hash >> 31)
  }
}

/// The words of texts: runs of letters, digits and underscores.
enum TextWords {
  private static let digit: UInt8 = 1
  private static let hexadecimal: UInt8 = 2
  private static let letter: UInt8 = 4

  /// For each byte what it is in a word; 0 outside of words.
  static let classes: [UInt8] = (0..<256).map { value in
    switch UInt8(value) {
    case 48...57: digit
    case 97...102: hexadecimal
    case 65...90, 95, 103...122: letter
    default: 0
    }
  }

  /// Whether a word differs from text to text: one with digits, or of hexadecimal letters only, as
  /// parts of identifiers happen to be.
  static func isParameter(_ seen: UInt8, count: Int) -> Bool {
    seen & digit != 0 || (seen == hexadecimal && count >= 4)
  }

  /// Whether the filter of a block has such words: numbers are not in it, nor is what belongs to
  /// the shapes.
  static func isFiltered(_ word: Span<UInt8>) -> Bool {
    var seen: UInt8 = 0
    for index in 0..<word.count {
      let kind = classes[Int(word[index])]
      if kind == 0 { return false }
      seen |= kind
    }
    return seen != digit && isParameter(seen, count: word.count)
  }
}
