/// Rows of a group that are of one stream, after the group was put in order.
struct StreamRun {
  /// Numbers among the values of all groups.
  var tenant: UInt32
  var service: UInt32
  var environment: UInt32
  var host: UInt32
  /// The group, and the rows of it.
  var group: UInt32
  var start: UInt32
  var count: UInt32
}

/// The rows of a group put in order: those of one stream (tenant, service, environment, host)
/// together, in the order they came, and the streams of a tenant together. Picking a tenant's rows
/// is then picking ranges, and what is copied lies together.
struct StreamOrder: ~Copyable {
  /// For each row in the new order, the row it was.
  let rows: GrowingBuffer<UInt16>
  private(set) var keys: [UInt64] = []
  private(set) var counts: [UInt32] = []

  /// Orders the rows of a group.
  init(_ group: RecordGroup, _ base: UnsafePointer<UInt8>) {
    rows = GrowingBuffer(capacity: group.rowCount)
    let streamOfRow = GrowingBuffer<UInt16>(capacity: group.rowCount)
    var known = StreamTable()
    for row in 0..<group.rowCount {
      // Codes have 16 bits each.
      let key =
        UInt64(truncatingIfNeeded: group.tenants.code(row, base))
        | UInt64(truncatingIfNeeded: group.services.code(row, base)) << 16
        | UInt64(truncatingIfNeeded: group.environments.code(row, base)) << 32
        | UInt64(truncatingIfNeeded: group.hosts.code(row, base)) << 48
      let number = Int(known.number(of: key))
      if number == keys.count {
        keys.append(key)
        counts.append(0)
      }
      counts[number] += 1
      // At most as many streams as rows, whose numbers fit.
      streamOfRow.base[row] = UInt16(truncatingIfNeeded: number)
    }
    let streams = streamsByTenant(group.tenants.values.count)
    var next = [UInt32](repeating: 0, count: counts.count)
    var start: UInt32 = 0
    for stream in streams {
      next[stream] = start
      start += counts[stream]
    }
    keys = streams.map { keys[$0] }
    counts = streams.map { counts[$0] }
    next.withUnsafeMutableBufferPointer { next in
      for row in 0..<group.rowCount {
        let stream = Int(streamOfRow.base[row])
        rows.base[Int(next[stream])] = UInt16(truncatingIfNeeded: row)
        next[stream] &+= 1
      }
    }
  }

  /// The numbers of the streams, those of one tenant together.
  private func streamsByTenant(_ tenantCount: Int) -> [Int] {
    var next = [Int](repeating: 0, count: tenantCount + 1)
    for key in keys { next[Int(key & 0xFFFF) + 1] += 1 }
    for tenant in 0..<tenantCount { next[tenant + 1] += next[tenant] }
    var streams = [Int](repeating: 0, count: keys.count)
    for (stream, key) in keys.enumerated() {
      let tenant = Int(key & 0xFFFF)
      streams[next[tenant]] = stream
      next[tenant] += 1
    }
    return streams
  }
}

/// Numbers keys in the order they first come.
private struct StreamTable: ~Copyable {
  /// A place of the table.
  private struct Entry: BitwiseCopyable {
    var key: UInt64
    /// One more than the number; 0 in an empty place.
    var mark: UInt32
  }

  private var table: UnsafeMutablePointer<Entry>
  private var bits = 8
  private var count: UInt32 = 0

  init() {
    table = Self.emptyTable(1 << bits)
  }

  deinit {
    table.deallocate()
  }

  private static func emptyTable(_ slots: Int) -> UnsafeMutablePointer<Entry> {
    // Owned by the value, which releases it.
    let table = UnsafeMutablePointer<Entry>.allocate(capacity: slots)
    table.initialize(repeating: Entry(key: 0, mark: 0), count: slots)
    return table
  }

  /// The key's number; the number of keys before it when it is new.
  @inline(__always)
  mutating func number(of key: UInt64) -> UInt32 {
    var slot = slot(of: key)
    // The mask keeps the place inside the table, which always has an empty one.
    while table[slot].mark != 0, table[slot].key != key {
      slot = (slot &+ 1) & ((1 << bits) &- 1)
    }
    if table[slot].mark != 0 { return table[slot].mark &- 1 }
    count += 1
    table[slot] = Entry(key: key, mark: count)
    if count * 2 > 1 << bits { grow() }
    return count - 1
  }

  @inline(__always)
  private func slot(of key: UInt64) -> Int {
    Int(
      truncatingIfNeeded: ValueBytes.mix(key ^ 0x9E37_79B9_7F4A_7C15, 0xE703_7ED1_A0B4_28DB)
        &>> UInt64(64 - bits))
  }

  private mutating func grow() {
    let old = table
    let oldSlots = 1 << bits
    bits += 1
    table = Self.emptyTable(1 << bits)
    // Every entry of the old table moves before it is released.
    for index in 0..<oldSlots where old[index].mark != 0 {
      var slot = slot(of: old[index].key)
      while table[slot].mark != 0 { slot = (slot + 1) & ((1 << bits) - 1) }
      table[slot] = old[index]
    }
    old.deallocate()
  }
}
