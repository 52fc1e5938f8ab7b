import Bytes
import Model

/// Builds `TenantRows` of runs: one column after another, each run's values copied together and
/// each value put where its row belongs.
struct TenantRowsBuilder: ~Copyable {
  private let groups: [OrderedGroup]
  private let catalogue: ColumnCatalogue
  /// The groups of each column, and their parts of it.
  private var holders: [[(group: UInt32, view: ColumnView)]]
  /// For the column at work: each group's part of it, if it has one.
  private let views: GrowingBuffer<ColumnView?>
  /// For the column at work: what the runs have of it, and which rows of the part that are.
  private var stretches = GrowingBuffer<ColumnStretch>(capacity: 256)
  private var filling = RowFilling()
  /// Of the part at work.
  private var order: RowOrder
  /// Columns, and groups, that a part was found to have, by the number of the part.
  private var marks: [Int]
  private var groupMarks: [Int]
  private var partNumber = 0

  init(groups: [OrderedGroup], catalogue: ColumnCatalogue, order: consuming RowOrder) {
    self.groups = groups
    self.catalogue = catalogue
    self.order = order
    holders = Array(repeating: [], count: catalogue.keys.count)
    marks = Array(repeating: 0, count: catalogue.keys.count)
    groupMarks = Array(repeating: 0, count: groups.count)
    views = GrowingBuffer(capacity: groups.count + 1)
    // One element a group, as just reserved.
    views.base.update(repeating: nil, count: groups.count)
    for (index, group) in groups.enumerated() {
      for column in group.columns {
        holders[column.number].append((UInt32(truncatingIfNeeded: index), column.view))
      }
    }
  }

  /// Cuts a tenant's runs where a part would hold more than the limit; a run that alone is too
  /// large is halved first, down to single rows.
  func parts(
    of runs: ArraySlice<TenantRun>, limit: RowLimit
  ) -> [(runs: ArraySlice<TenantRun>, plainBytes: Int)] {
    var parts: [(ArraySlice<TenantRun>, Int)] = []
    var part: [TenantRun] = []
    var rows = 0
    var bytes = 0
    // A stack of what is to come, the next one last.
    var rest = Array(runs.reversed())
    while let run = rest.popLast() {
      let size = byteCount(run)
      if run.count > 1, Int(run.count) > limit.rows || size > limit.bytes {
        rest.append(run.dropping(run.count / 2))
        rest.append(run.keeping(run.count / 2))
        continue
      }
      if !part.isEmpty, rows + Int(run.count) > limit.rows || bytes + size > limit.bytes {
        parts.append((part[...], bytes))
        part = []
        rows = 0
        bytes = 0
      }
      part.append(run)
      rows += Int(run.count)
      bytes += size
    }
    if !part.isEmpty { parts.append((part[...], bytes)) }
    return parts
  }

  private func byteCount(_ run: TenantRun) -> Int {
    groups[Int(run.group)].plainByteCount(of: run.start, run.count)
  }

  /// Builds one part, which has so many bytes of plain columns, and visits it, or its halves when
  /// it has too many columns.
  mutating func build(
    _ tenant: ByteString, _ runs: ArraySlice<TenantRun>, plainBytes: Int, limit: RowLimit,
    services: borrowing MergedValues, environments: borrowing MergedValues,
    hosts: borrowing MergedValues, _ visit: (TenantRows) throws -> Void
  ) rethrows {
    let numbers = columns(of: runs)
    let rowCount = runs.reduce(0) { $0 + Int($1.count) }
    if numbers.count > limit.columns, rowCount > 1, filled(numbers, runs) > limit.columns {
      for half in Self.halves(of: runs, rowCount) {
        try build(
          tenant, half, plainBytes: plainByteCount(half), limit: limit, services: services,
          environments: environments,
          hosts: hosts, visit)
      }
      return
    }
    var text = GatheredText()
    var columns: [RecordColumn] = []
    text.expect(plainBytes)
    order.arrange(runs, rowCount, groups)
    filling.removeAll()
    let streams = order.streams
    text.addHead(.service, streams, services, rowCount, to: &columns) { $0.key.service }
    text.addHead(.environment, streams, environments, rowCount, to: &columns) { $0.key.environment }
    text.addHead(.host, streams, hosts, rowCount, to: &columns) { $0.key.host }
    for number in numbers {
      if let column = column(number, runs, rowCount, &text) { columns.append(column) }
    }
    try visit(
      TenantRows(
        tenant: tenant, arena: text.take(),
        times: gather(runs, rowCount) { $0.times.base },
        receivedAt: gather(runs, rowCount) { $0.receivedAt.base },
        levels: gather(runs, rowCount) { $0.levels.base }, columns: columns))
  }

  /// The columns of the groups of some runs, in order. The runs may have no value of some.
  private mutating func columns(of runs: ArraySlice<TenantRun>) -> [Int] {
    partNumber += 1
    var numbers: [Int] = []
    for run in runs where groupMarks[Int(run.group)] != partNumber {
      groupMarks[Int(run.group)] = partNumber
      for column in groups[Int(run.group)].columns where marks[column.number] != partNumber {
        marks[column.number] = partNumber
        numbers.append(column.number)
      }
    }
    return numbers.sorted()
  }

  /// How many of these columns the runs have values of.
  private mutating func filled(_ numbers: [Int], _ runs: ArraySlice<TenantRun>) -> Int {
    numbers.reduce(0) { sum, number in
      look(at: number)
      defer { lookAway(from: number) }
      return sum + (gather(runs).valueCount > 0 ? 1 : 0)
    }
  }

  private func look(at number: Int) {
    for holder in holders[number] {
      // One element a group.
      views.base[Int(holder.group)] = holder.view
    }
  }

  private func lookAway(from number: Int) {
    for holder in holders[number] { views.base[Int(holder.group)] = nil }
  }

  private func plainByteCount(_ runs: ArraySlice<TenantRun>) -> Int {
    runs.reduce(0) { $0 + byteCount($1) }
  }

  private static func halves(
    of runs: ArraySlice<TenantRun>, _ rowCount: Int
  ) -> [ArraySlice<TenantRun>] {
    var first: [TenantRun] = []
    var second: [TenantRun] = []
    var rest = UInt32(truncatingIfNeeded: rowCount / 2)
    for run in runs {
      let kept = min(rest, run.count)
      if kept > 0 { first.append(run.keeping(kept)) }
      if kept < run.count { second.append(run.dropping(kept)) }
      rest -= kept
    }
    return [first[...], second[...]]
  }

  // The runs have `rowCount` rows together, and each row has a place of its own among them.
  private func gather<Element: BitwiseCopyable>(
    _ runs: ArraySlice<TenantRun>, _ rowCount: Int,
    _ elements: (OrderedGroup) -> UnsafeMutablePointer<Element>
  ) -> [Element] {
    [Element](unsafeUninitializedCapacity: rowCount) { target, count in
      for run in runs {
        // The rows of a run are of its group.
        let source = elements(groups[Int(run.group)]) + Int(run.start)
        let places = order.places.base + count
        for index in 0..<Int(run.count) { target[Int(places[index])] = source[index] }
        count += Int(run.count)
      }
    }
  }

  /// Finds what runs have of the column at work.
  private mutating func gather(
    _ runs: ArraySlice<TenantRun>
  ) -> (valueCount: Int, isPlain: Bool) {
    stretches.count = 0
    stretches.reserve(runs.count)
    var valueCount = 0
    var isPlain = false
    var row: UInt32 = 0
    for index in runs.indices {
      let run = runs[index]
      if index + 4 < runs.endIndex {
        let next = runs[index + 4]
        views.base[Int(next.group)]?.prefetchSpread(next.start)
      }
      // One element a group.
      if let view = views.base[Int(run.group)] {
        let values = view.values(of: run.start, run.count)
        if !values.isEmpty {
          // At most one a run, as just reserved.
          stretches.base[stretches.count] = ColumnStretch(
            view: view, firstValue: values.lowerBound, endOfValues: values.upperBound,
            start: run.start, count: run.count, row: row)
          stretches.count &+= 1
          valueCount &+= values.count
          if view.isPlain { isPlain = true }
          view.prefetch(values)
        }
      }
      row &+= run.count
    }
    return (valueCount, isPlain)
  }

  /// One column of a part, plain when any group's part of it is; nil without values.
  private mutating func column(
    _ number: Int, _ runs: ArraySlice<TenantRun>, _ rowCount: Int, _ text: inout GatheredText
  ) -> RecordColumn? {
    look(at: number)
    defer { lookAway(from: number) }
    let (valueCount, isPlain) = gather(runs)
    if valueCount == 0 { return nil }
    let rows = valueCount == rowCount ? nil : filling.rows(of: stretches, rowCount, order)
    let table = catalogue.values[number]
    // As many places as the column has values.
    let places = UnsafePointer(rows == nil ? order.places.base : filling.places.base)
    return RecordColumn(
      key: catalogue.keys[number], rows: rows,
      values: isPlain
        ? .plain(text.slices(stretches, valueCount, table, places))
        : text.dictionary(stretches, valueCount, table, places))
  }
}
