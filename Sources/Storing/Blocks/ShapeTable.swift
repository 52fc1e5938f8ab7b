/// Finds the shape of a text among those that were seen.
struct ShapeTable: ~Copyable {
  /// A shape: its text among those of all, and how many texts are of it.
  struct Entry: BitwiseCopyable {
    let hash: UInt64
    let offset: Int
    let length: Int
    let parameterCount: Int
    var textCount: Int
  }

  /// A power of two, four times the shapes and more.
  private let slots: Int
  private let places: GrowingBuffer<UInt16>
  private var entries = GrowingBuffer<Entry>(capacity: 64)
  /// The texts of shapes, zeros up to the next 16 bytes behind each.
  private var keys = GrowingBuffer<UInt8>(capacity: 4_096)
  private let most: Int
  private let seeds = ValueBytes.seeds

  init(most: Int) {
    self.most = most
    var slots = 64
    while slots < most * 4 { slots *= 2 }
    self.slots = slots
    places = GrowingBuffer(capacity: slots)
    // As many as there is room for.
    places.base.update(repeating: .max, count: slots)
  }

  /// How many shapes there are.
  var count: Int { entries.count }

  /// A shape, in the order they first came.
  subscript(index: Int) -> Entry { entries[index] }

  /// The text of a shape, with one mark for each parameter; valid until the next one is added.
  func key(_ index: Int) -> UnsafeBufferPointer<UInt8> {
    // A text of the keys.
    UnsafeBufferPointer(start: keys.base + entries[index].offset, count: entries[index].length)
  }

  /// Counts a text of a shape, behind whose `length` bytes 16 zeros stand, and returns the shape's
  /// index. It is added when it is new; nil when there are too many.
  @inline(__always)
  mutating func code(
    _ shape: UnsafePointer<UInt8>, _ length: Int, parameterCount: Int
  ) -> UInt16? {
    let hash = hash(shape, length)
    var slot = Int(truncatingIfNeeded: hash >> 40) & (slots &- 1)
    // The mask keeps the place inside the table, which always has an empty one.
    while places.base[slot] != .max {
      let entry = entries.base + Int(places.base[slot])
      if entry.pointee.hash == hash, entry.pointee.length == length,
        Self.equal(keys.base + entry.pointee.offset, shape, length)
      {
        entry.pointee.textCount &+= 1
        return places.base[slot]
      }
      slot = (slot &+ 1) & (slots &- 1)
    }
    return add(shape, length, hash, at: slot, parameterCount)
  }

  @inline(never)
  private mutating func add(
    _ shape: UnsafePointer<UInt8>, _ length: Int, _ hash: UInt64, at slot: Int, _ parameters: Int
  ) -> UInt16? {
    guard entries.count < most else { return nil }
    places[slot] = UInt16(truncatingIfNeeded: entries.count)
    entries.append(
      Entry(
        hash: hash, offset: keys.count, length: length, parameterCount: parameters, textCount: 1))
    keys.put(shape, (length + 15) & ~15)
    return places[slot]
  }

  // Both lend `length` bytes and zeros up to the next 16.
  @inline(__always)
  private static func equal(
    _ known: UnsafePointer<UInt8>, _ shape: UnsafePointer<UInt8>, _ length: Int
  ) -> Bool {
    let (left, right) = (UnsafeRawPointer(known), UnsafeRawPointer(shape))
    var place = 0
    while place < length {
      if left.loadUnaligned(fromByteOffset: place, as: UInt64.self)
        != right.loadUnaligned(fromByteOffset: place, as: UInt64.self)
      {
        return false
      }
      place &+= 8
    }
    return true
  }

  // The shape lends `length` bytes and zeros up to the next 16.
  @inline(__always)
  private func hash(_ shape: UnsafePointer<UInt8>, _ length: Int) -> UInt64 {
    let bytes = UnsafeRawPointer(shape)
    var hash = UInt64(truncatingIfNeeded: length)
    var place = 0
    while place < length {
      hash = ValueBytes.mix(
        hash ^ seeds.0 ^ bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self),
        seeds.1 ^ bytes.loadUnaligned(fromByteOffset: place &+ 8, as: UInt64.self))
      place &+= 16
    }
    return hash
  }
}
