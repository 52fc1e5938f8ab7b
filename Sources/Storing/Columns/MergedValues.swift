import Model

/// The distinct values of several groups, numbered as one: a copy of each, once.
struct MergedValues: ~Copyable {
  private var arena = GrowingBuffer<UInt8>(capacity: 256)
  private var coder = ValueCoder(expected: 16)

  var count: Int { coder.values.count }

  /// Copies a new value and numbers it.
  @inline(never)
  private mutating func add(_ source: UnsafePointer<UInt8>, _ length: Int) -> UInt32 {
    let start = arena.count
    // Room for the value, and for the word that is read at its end.
    arena.reserve(length + 16)
    (arena.base + start).update(from: source, count: length)
    let place = ValuePlace(
      offset: UInt32(truncatingIfNeeded: start), count: UInt32(truncatingIfNeeded: length))
    let before = coder.values.count
    let code = coder.code(of: place, in: ValueBytes(base: arena.base, count: start + length + 16))
    // Only a new value stays.
    if coder.values.count != before { arena.count = start + length }
    return code
  }

  /// The numbers of a group's distinct values, by their codes in it. `bytes` are the group's, which
  /// the slices were checked against.
  mutating func codes(of values: [Slice], _ bytes: ValueBytes) -> [UInt32] {
    var codes: [UInt32] = []
    codes.reserveCapacity(values.count)
    for (index, value) in values.enumerated() {
      if index + 4 < values.count { coder.prefetch(bytes.place(values[index + 4]), in: bytes) }
      let own = ValueBytes(base: arena.base, count: arena.count)
      // Each slice lies in the group's bytes.
      codes.append(
        coder.known(bytes.place(value), in: bytes, own: own)
          ?? add(bytes.base + Int(value.offset), Int(value.count)))
    }
    return codes
  }

  /// Where a value lies.
  @inline(__always)
  func place(_ code: UInt32) -> ValuePlace { coder.values[Int(code)] }

  /// The bytes of a value; valid until the next one is added.
  @inline(__always)
  func bytes(_ code: UInt32) -> UnsafeBufferPointer<UInt8> {
    let place = place(code)
    // A place of the arena, which has the value.
    return UnsafeBufferPointer(start: arena.base + place.offset, count: place.count)
  }

  /// The place of each value among all in byte order.
  func ranks() -> [UInt32] {
    let sorted = (0..<UInt32(truncatingIfNeeded: count)).sorted { left, right in
      bytes(left).lexicographicallyPrecedes(bytes(right))
    }
    var ranks = [UInt32](repeating: 0, count: count)
    for (rank, code) in sorted.enumerated() { ranks[Int(code)] = UInt32(truncatingIfNeeded: rank) }
    return ranks
  }
}
