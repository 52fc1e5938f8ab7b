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

  /// `numbers` are those of the groups' tenants among the tenants of all groups, of which there
  /// are `tenantCount`.
  init(_ lent: LentGroups, numbers: [[UInt32]], tenantCount: Int) {
    var starts = [UInt32](repeating: 0, count: tenantCount + 1)
    let places = GrowingBuffer<UInt16>(capacity: lent.rowCount)
    starts.withUnsafeMutableBufferPointer { starts in
      // Each code has a number, numbers are below the count, and each row gets a place of its own.
      for (source, numbers) in zip(lent.sources, numbers) {
        for row in 0..<source.group.rowCount {
          starts[Int(numbers[source.group.tenants.code(row, source.base)]) + 1] += 1
        }
      }
      for tenant in 0..<tenantCount { starts[tenant + 1] += starts[tenant] }
      for (source, numbers) in zip(lent.sources, numbers) {
        for row in 0..<source.group.rowCount {
          let tenant = Int(numbers[source.group.tenants.code(row, source.base)])
          places.base[source.firstRow + row] = UInt16(truncatingIfNeeded: starts[tenant])
          starts[tenant] &+= 1
        }
      }
    }
    self.places = places
    // Each start has moved to its tenant's end, which is where the next tenant starts.
    var tenants: [(UInt32, UInt32, UInt32)] = []
    var start: UInt32 = 0
    for tenant in 0..<tenantCount {
      let end = starts[tenant]
      if end > start { tenants.append((UInt32(truncatingIfNeeded: tenant), start, end - start)) }
      start = end
    }
    self.tenants = tenants
  }
}
