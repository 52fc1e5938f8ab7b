import CProcessor

/// Numbers the distinct values of a column in the order they first come: a hash table of values
/// that lie in bytes beside it.
struct ValueCoder: ~Copyable {
  /// A place of the table.
  private struct Entry: BitwiseCopyable {
    var head: UInt64
    var tail: UInt64
    var count: UInt32
    /// One more than the value's code; 0 in an empty place.
    var mark: UInt32
  }

  private var table: UnsafeMutablePointer<Entry>
  /// 64 less the bits of a place in the table.
  private var shift: UInt64
  private var slots: Int
  /// The places of the distinct values by code.
  private(set) var values: GrowingBuffer<ValuePlace>
  /// Bytes of the distinct values.
  private(set) var byteCount = 0
  private var lastHead: UInt64 = 0
  private var lastTail: UInt64 = 0
  private var last = ValuePlace.empty
  private var lastCode: UInt32 = 0

  /// `expected` distinct values need no growth.
  init(expected: Int) {
    var bits = 4
    while (1 << bits) < expected * 2 { bits += 1 }
    slots = 1 << bits
    shift = UInt64(64 - bits)
    table = Self.emptyTable(slots)
    values = GrowingBuffer(capacity: slots / 2)
  }

  deinit {
    table.deallocate()
  }

  private static func emptyTable(_ slots: Int) -> UnsafeMutablePointer<Entry> {
    // Owned by the coder, which releases it.
    let table = UnsafeMutablePointer<Entry>.allocate(capacity: slots)
    table.initialize(repeating: Entry(head: 0, tail: 0, count: 0, mark: 0), count: slots)
    return table
  }

  /// The code of a value, a new one when it was not there yet.
  @inline(__always)
  mutating func code(of place: ValuePlace, in bytes: ValueBytes) -> UInt32 {
    let offset = place.offset
    let length = place.count
    let head = bytes.head(offset, length)
    let tail = bytes.tail(offset, length, head)
    if head == lastHead, tail == lastTail, length == last.count, !values.isEmpty,
      bytes.hasEqualMiddle(offset, last.offset, length)
    {
      return lastCode
    }
    lastHead = head
    lastTail = tail
    lastCode = find(place, head, tail, in: bytes)
    last = values[Int(lastCode)]
    return lastCode
  }

  @inline(__always)
  private mutating func find(
    _ place: ValuePlace, _ head: UInt64, _ tail: UInt64, in bytes: ValueBytes
  ) -> UInt32 {
    let length = place.count
    var slot = Int(truncatingIfNeeded: bytes.hash(head, tail, place.offset, length) &>> shift)
    while true {
      // A place of the table: the mask keeps it inside.
      let entry = table + slot
      let mark = entry.pointee.mark
      if mark == 0 { return insert(place, head, tail, at: slot, in: bytes) }
      if entry.pointee.head == head, entry.pointee.tail == tail,
        Int(entry.pointee.count) == length
      {
        let code = mark &- 1
        if bytes.hasEqualMiddle(place.offset, values[Int(code)].offset, length) { return code }
      }
      slot = (slot &+ 1) & (slots &- 1)
    }
  }

  /// Asks for the place of the table where a value is looked for soon, when the table is so large
  /// that it is not near anyway.
  @inline(__always)
  func prefetch(_ place: ValuePlace, in bytes: ValueBytes) {
    guard slots > 512 else { return }
    let head = bytes.head(place.offset, place.count)
    let tail = bytes.tail(place.offset, place.count, head)
    let hash = bytes.hash(head, tail, place.offset, place.count)
    // An address is asked for, not read.
    plimsoll_prefetch(table + Int(truncatingIfNeeded: hash &>> shift))
  }

  /// The code of a value that lies in other bytes than the known ones, whose bytes are `own`; nil
  /// when it is new.
  @inline(__always)
  func known(_ place: ValuePlace, in bytes: ValueBytes, own: ValueBytes) -> UInt32? {
    let (offset, length) = (place.offset, place.count)
    let head = bytes.head(offset, length)
    let tail = bytes.tail(offset, length, head)
    var slot = Int(truncatingIfNeeded: bytes.hash(head, tail, offset, length) &>> shift)
    while true {
      // A place of the table: the mask keeps it inside.
      let entry = table + slot
      let mark = entry.pointee.mark
      if mark == 0 { return nil }
      if entry.pointee.head == head, entry.pointee.tail == tail,
        Int(entry.pointee.count) == length
      {
        let code = mark &- 1
        let other = values[Int(code)].offset
        if bytes.hasEqualMiddle(offset, other, of: own, length) { return code }
      }
      slot = (slot &+ 1) & (slots &- 1)
    }
  }

  @inline(never)
  private mutating func insert(
    _ place: ValuePlace, _ head: UInt64, _ tail: UInt64, at slot: Int, in bytes: ValueBytes
  ) -> UInt32 {
    let code = UInt32(truncatingIfNeeded: values.count)
    table[slot] = Entry(
      head: head, tail: tail, count: UInt32(truncatingIfNeeded: place.count), mark: code &+ 1)
    values.append(place)
    byteCount += place.count
    if values.count * 2 > slots { grow(in: bytes) }
    return code
  }

  private mutating func grow(in bytes: ValueBytes) {
    // The old table goes once the new one has all of its values.
    table.deallocate()
    slots *= 2
    shift -= 1
    table = Self.emptyTable(slots)
    for code in 0..<values.count {
      let place = values[code]
      let head = bytes.head(place.offset, place.count)
      let tail = bytes.tail(place.offset, place.count, head)
      var slot = Int(
        truncatingIfNeeded: bytes.hash(head, tail, place.offset, place.count) &>> shift)
      while table[slot].mark != 0 { slot = (slot + 1) & (slots - 1) }
      table[slot] = Entry(
        head: head, tail: tail, count: UInt32(truncatingIfNeeded: place.count),
        mark: UInt32(truncatingIfNeeded: code + 1))
    }
  }

  /// Writes the codes of values until the column shows too many distinct ones to be worth a
  /// dictionary; returns how many were written. `seen` values came before these.
  mutating func encode(
    _ places: UnsafePointer<ValuePlace>, _ count: Int, in bytes: ValueBytes, seen: Int,
    to codes: UnsafeMutablePointer<UInt16>
  ) -> Int {
    // Both pointers are of buffers with `count` elements or room for them.
    for index in 0..<count {
      if index &+ ValueBytes.ahead < count { bytes.prefetch(places[index &+ ValueBytes.ahead]) }
      let before = values.count
      let code = code(of: places[index], in: bytes)
      codes[index] = UInt16(truncatingIfNeeded: code)
      if values.count != before, isTooVaried(after: seen + index + 1) { return index + 1 }
    }
    return count
  }

  /// Whether a dictionary does not pay: more than half of the first values differ, or a quarter of
  /// many, or they are long.
  func isTooVaried(after seen: Int) -> Bool {
    let distinct = values.count
    if distinct <= 64 { return byteCount > Self.mostBytes }
    return byteCount > Self.mostBytes || distinct * (distinct > 256 ? 4 : 2) > seen
  }

  /// Values of a dictionary together; longer ones are rarely repeated.
  private static let mostBytes = 1 << 20
}

extension GrowingBuffer {
  @inline(__always) var isEmpty: Bool { count == 0 }
}
