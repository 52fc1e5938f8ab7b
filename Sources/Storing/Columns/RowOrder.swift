/// A stream of a tenant: its service, environment and host, each by its number among the values of
/// all groups.
struct StreamKey: BitwiseCopyable {
  var service: UInt32
  var environment: UInt32
  var host: UInt32

  @inline(__always)
  static func == (left: StreamKey, right: StreamKey) -> Bool {
    left.host == right.host && left.service == right.service
      && left.environment == right.environment
  }
}

/// A stream among the rows of a part.
struct PartStream {
  let key: StreamKey
  var rowCount: UInt32 = 0
  fileprivate var lastTime = Int64.min
  fileprivate var isInTime = true
}

/// Puts the rows of a part in order: by service, environment and host in byte order, then by time,
/// then as they came. It says where each row goes, so that columns are gathered once, in the order
/// they came, and each value is put where it belongs.
struct RowOrder: ~Copyable {
  /// For each row as it came, its place among the rows of the part.
  private(set) var places = GrowingBuffer<UInt32>(capacity: 1_024)
  /// The streams in order.
  private(set) var streams: [PartStream] = []

  private let serviceRanks: [UInt32]
  private let environmentRanks: [UInt32]
  private let hostRanks: [UInt32]
  private var table = StreamTable()
  private var times = GrowingBuffer<Int64>(capacity: 1_024)

  /// `ranks` say which place each value has among all in byte order.
  init(
    services: borrowing MergedValues, environments: borrowing MergedValues,
    hosts: borrowing MergedValues
  ) {
    serviceRanks = services.ranks()
    environmentRanks = environments.ranks()
    hostRanks = hosts.ranks()
  }

  /// Finds the order of the rows of some runs, `rowCount` together.
  mutating func arrange(_ runs: ArraySlice<TenantRun>, _ rowCount: Int, _ groups: [OrderedGroup]) {
    places.count = 0
    places.reserve(rowCount)
    times.count = 0
    times.reserve(rowCount)
    streams.removeAll(keepingCapacity: true)
    table.removeAll()
    var row = 0
    for index in runs.indices {
      let run = runs[index]
      if index + 4 < runs.endIndex {
        let next = runs[index + 4]
        groups[Int(next.group)].prefetchStreams(next.start)
      }
      number(run, of: groups[Int(run.group)], from: row)
      row += Int(run.count)
    }
    let order = sortedStreams()
    var next = [UInt32](repeating: 0, count: streams.count)
    var start: UInt32 = 0
    for stream in order {
      next[stream] = start
      start += streams[stream].rowCount
    }
    next.withUnsafeMutableBufferPointer { next in
      // Every row was given the number of a stream, and the streams together have the row count.
      for row in 0..<rowCount {
        let stream = Int(places.base[row])
        places.base[row] = next[stream]
        next[stream] &+= 1
      }
    }
    streams = order.map { streams[$0] }
    if streams.contains(where: { !$0.isInTime }) { sortByTime(rowCount) }
  }

  /// Notes the stream of each row of a run where its place will be, and its time.
  private mutating func number(_ run: TenantRun, of group: OrderedGroup, from row: Int) {
    var last = 0
    for index in 0..<Int(run.count) {
      // A run's rows are of its group, and room for all rows was reserved.
      let key = group.streams.base[Int(run.start) + index]
      if streams.isEmpty || !(streams[last].key == key) { last = number(of: key) }
      let time = group.times.base[Int(run.start) + index]
      places.base[row + index] = UInt32(truncatingIfNeeded: last)
      times.base[row + index] = time
      if time < streams[last].lastTime { streams[last].isInTime = false }
      streams[last].lastTime = time
      streams[last].rowCount += 1
    }
  }

  /// The number of a stream in this part.
  private mutating func number(of key: StreamKey) -> Int {
    let number = Int(table.number(of: key))
    if number == streams.count { streams.append(PartStream(key: key)) }
    return number
  }

  /// The numbers of the streams in order.
  private func sortedStreams() -> [Int] {
    var ranked: [RankedStream] = []
    ranked.reserveCapacity(streams.count)
    for stream in streams {
      ranked.append(
        RankedStream(
          service: serviceRanks[Int(stream.key.service)],
          environment: environmentRanks[Int(stream.key.environment)],
          host: hostRanks[Int(stream.key.host)], number: ranked.count))
    }
    ranked.sort()
    return ranked.map(\.number)
  }

  /// Gives the rows of streams that did not come in the order of time other places among them.
  private mutating func sortByTime(_ rowCount: Int) {
    var rowAt = [UInt32](repeating: 0, count: rowCount)
    // Places are below the row count, and each is one row's.
    for row in 0..<rowCount { rowAt[Int(places.base[row])] = UInt32(truncatingIfNeeded: row) }
    var start = 0
    for stream in streams {
      let end = start + Int(stream.rowCount)
      if !stream.isInTime {
        // Rows that are in order but for a few merge in a few steps each.
        let sorted = rowAt[start..<end].sorted { left, right in
          let (before, after) = (times[Int(left)], times[Int(right)])
          return before != after ? before < after : left < right
        }
        for (offset, row) in sorted.enumerated() {
          places[Int(row)] = UInt32(truncatingIfNeeded: start + offset)
        }
      }
      start = end
    }
  }
}

/// What a stream is ordered by, as two numbers.
private struct RankedStream: Comparable {
  private let high: UInt64
  private let low: UInt64

  init(service: UInt32, environment: UInt32, host: UInt32, number: Int) {
    high = UInt64(service) << 32 | UInt64(environment)
    low = UInt64(host) << 32 | UInt64(truncatingIfNeeded: number)
  }

  var number: Int { Int(low & 0xFFFF_FFFF) }

  static func < (left: RankedStream, right: RankedStream) -> Bool {
    left.high != right.high ? left.high < right.high : left.low < right.low
  }
}

/// Numbers streams in the order they first come.
private struct StreamTable: ~Copyable {
  /// A place of the table.
  private struct Entry: BitwiseCopyable {
    var key: StreamKey
    /// One more than the number; 0 in an empty place.
    var mark: UInt32

    static let empty = Entry(key: StreamKey(service: 0, environment: 0, host: 0), mark: 0)
  }

  private var table: UnsafeMutablePointer<Entry>
  private var bits = 6
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
    table.initialize(repeating: .empty, count: slots)
    return table
  }

  /// Forgets all keys. A table that grew for many goes: clearing it for few would take longer.
  mutating func removeAll() {
    count = 0
    if bits > 10 {
      table.deallocate()
      bits = 6
      table = Self.emptyTable(1 << bits)
    } else {
      // As many places as the table has.
      table.update(repeating: .empty, count: 1 << bits)
    }
  }

  /// The stream's number; the number of streams before it when it is new.
  @inline(__always)
  mutating func number(of key: StreamKey) -> UInt32 {
    var slot = slot(of: key)
    // The mask keeps the place inside the table, which always has an empty one.
    while table[slot].mark != 0 {
      if table[slot].key == key { return table[slot].mark &- 1 }
      slot = (slot &+ 1) & ((1 << bits) &- 1)
    }
    count += 1
    table[slot] = Entry(key: key, mark: count)
    if count * 2 > 1 << bits { grow() }
    return count - 1
  }

  @inline(__always)
  private func slot(of key: StreamKey) -> Int {
    let head = UInt64(key.service) << 32 | UInt64(key.environment)
    return Int(
      truncatingIfNeeded: ValueBytes.mix(
        head ^ 0x9E37_79B9_7F4A_7C15, UInt64(key.host) ^ 0xE703_7ED1_A0B4_28DB)
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
