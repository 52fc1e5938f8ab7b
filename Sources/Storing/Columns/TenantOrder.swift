/// Rows of a group that are of one tenant, after the group was put in order.
struct TenantRun {
  /// The group, and the rows of it.
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

/// The rows of a group put in order: those of one tenant together, as they came. Picking a
/// tenant's rows is then picking a range of each group, however many streams there are.
struct TenantOrder: ~Copyable {
  /// For each row in the new order, the row it was.
  let rows: GrowingBuffer<UInt16>
  /// By the group's codes of tenants: the first of its rows in the new order, and their end.
  let starts: [UInt32]

  /// Orders the rows of a group.
  init(_ group: RecordGroup, _ base: UnsafePointer<UInt8>) {
    let rows = GrowingBuffer<UInt16>(capacity: group.rowCount)
    let count = group.tenants.values.count
    var starts = [UInt32](repeating: 0, count: count + 1)
    starts.withUnsafeMutableBufferPointer { starts in
      // Codes are below the count of values, and each row of the group gets a place of its own.
      for row in 0..<group.rowCount { starts[group.tenants.code(row, base) + 1] += 1 }
      for tenant in 0..<count { starts[tenant + 1] += starts[tenant] }
      for row in 0..<group.rowCount {
        let tenant = group.tenants.code(row, base)
        rows.base[Int(starts[tenant])] = UInt16(truncatingIfNeeded: row)
        starts[tenant] &+= 1
      }
    }
    self.rows = rows
    // Each start has moved to its tenant's end, which is where the next tenant starts.
    self.starts = [0] + starts.dropLast()
  }
}
