/// Rows of an ordered group that are of one tenant.
struct TenantRun {
  /// The ordered group, and the rows of it.
  var group: UInt32
  var start: UInt32
  var count: UInt32

  /// The first rows of the run.
  func keeping(_ rows: UInt32) -> TenantRun {
    TenantRun(group: group, start: start, count: rows)
  }

  /// The run without its first rows.
  func dropping(_ rows: UInt32) -> TenantRun {
    TenantRun(group: group, start: start + rows, count: count - rows)
  }
}

/// The rows of some groups put in order: those of one tenant together, as they came. Picking a
/// tenant's rows is then picking a range, however many streams there are.
struct TenantOrder: ~Copyable {
  /// For each row of the groups, its place in the new order.
  let places: GrowingBuffer<UInt16>
  /// Each tenant that has rows, with the first of them in the new order and how many they are.
  let tenants: [(tenant: UInt32, start: UInt32, count: UInt32)]

  /// `numbers` are those of the groups' tenants among the tenants of all groups.
  init(_ lent: LentGroups, numbers: [[UInt32]], ranks: inout TenantRanks) {
    let own = ranks.ranks(of: numbers)
    let tenants = ranks.take()
    var starts = [UInt32](repeating: 0, count: tenants.count + 1)
    let places = GrowingBuffer<UInt16>(capacity: lent.rowCount)
    starts.withUnsafeMutableBufferPointer { starts in
      // Each code has a rank, ranks are below the count, and each row gets a place of its own.
      for (source, ranks) in zip(lent.sources, own) {
        for row in 0..<source.group.rowCount {
          starts[ranks[source.group.tenants.code(row, source.base)] + 1] += 1
        }
      }
      for rank in tenants.indices { starts[rank + 1] += starts[rank] }
      for (source, ranks) in zip(lent.sources, own) {
        for row in 0..<source.group.rowCount {
          let rank = ranks[source.group.tenants.code(row, source.base)]
          places.base[source.firstRow + row] = UInt16(truncatingIfNeeded: starts[rank])
          starts[rank] &+= 1
        }
      }
    }
    self.places = places
    // Each start has moved to its tenant's end, which is where the next tenant starts.
    var runs: [(UInt32, UInt32, UInt32)] = []
    var start: UInt32 = 0
    for (rank, tenant) in tenants.enumerated() {
      let end = starts[rank]
      if end > start { runs.append((tenant, start, end - start)) }
      start = end
    }
    self.tenants = runs
  }
}

/// Gives the tenants of some groups consecutive ranks, in the order they first come: a fleet may
/// have many more tenants than a few groups do.
struct TenantRanks {
  /// By number among the tenants of all groups: one more than the rank, or 0.
  private var known: [UInt32] = []
  /// The numbers by rank.
  private var ranked: [UInt32] = []

  /// The ranks of numbers.
  mutating func ranks(of numbers: [[UInt32]]) -> [[Int]] {
    numbers.map { numbers in numbers.map { rank(of: $0) } }
  }

  private mutating func rank(of number: UInt32) -> Int {
    let place = Int(number)
    if place >= known.count {
      known.append(contentsOf: repeatElement(0, count: place + 1 - known.count))
    }
    if known[place] == 0 {
      ranked.append(number)
      known[place] = UInt32(truncatingIfNeeded: ranked.count)
    }
    return Int(known[place]) - 1
  }

  /// The numbers by rank; all ranks are forgotten.
  mutating func take() -> [UInt32] {
    defer { ranked = [] }
    for number in ranked { known[Int(number)] = 0 }
    return ranked
  }
}
