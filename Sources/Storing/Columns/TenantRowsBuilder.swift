import Bytes
import Model

/// Builds `TenantRows` of runs: one column after another, each run's values copied together.
struct TenantRowsBuilder: ~Copyable {
  private let groups: [OrderedGroup]
  private let catalogue: ColumnCatalogue
  /// The groups of each column, and which of their columns it is.
  private var holders: [[(group: UInt32, column: UInt32)]]
  /// For the column at work: which of each group's columns it is, or -1.
  private let columnOfGroup: GrowingBuffer<Int32>
  /// Columns that a part was found to have, by the number of the part.
  private var marks: [Int]
  private var partNumber = 0

  init(groups: [OrderedGroup], catalogue: ColumnCatalogue) {
    self.groups = groups
    self.catalogue = catalogue
    holders = Array(repeating: [], count: catalogue.keys.count)
    marks = Array(repeating: 0, count: catalogue.keys.count)
    columnOfGroup = GrowingBuffer(capacity: groups.count + 1)
    // One element a group, as just reserved.
    columnOfGroup.base.update(repeating: -1, count: groups.count)
    for (index, group) in groups.enumerated() {
      for (place, column) in group.columns.enumerated() {
        holders[column.number].append(
          (UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: place)))
      }
    }
  }

  /// Cuts a tenant's runs where a part would hold more than the limit; a run that alone is too
  /// large is halved first, down to single rows.
  func parts(of runs: consuming [StreamRun], limit: RowLimit) -> [ArraySlice<StreamRun>] {
    var parts: [ArraySlice<StreamRun>] = []
    var part: [StreamRun] = []
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
        parts.append(part[...])
        part = []
        rows = 0
        bytes = 0
      }
      part.append(run)
      rows += Int(run.count)
      bytes += size
    }
    if !part.isEmpty { parts.append(part[...]) }
    return parts
  }

  private func byteCount(_ run: StreamRun) -> Int {
    var sum = 0
    for column in groups[Int(run.group)].columns where column.isPlain {
      let values = column.values(of: Int(run.start), Int(run.count))
      // One element more than values.
      sum += Int(column.starts.base[values.upperBound] - column.starts.base[values.lowerBound])
    }
    return sum
  }

  /// Builds one part and visits it, or its halves when it has too many columns.
  mutating func build(
    _ tenant: ByteString, _ runs: ArraySlice<StreamRun>, limit: RowLimit,
    services: borrowing MergedValues, environments: borrowing MergedValues,
    hosts: borrowing MergedValues, _ visit: (TenantRows) throws -> Void
  ) rethrows {
    let numbers = columns(of: runs)
    let rowCount = runs.reduce(0) { $0 + Int($1.count) }
    if numbers.count > limit.columns, rowCount > 1 {
      for half in Self.halves(of: runs, rowCount) {
        try build(
          tenant, half, limit: limit, services: services, environments: environments,
          hosts: hosts, visit)
      }
      return
    }
    var text = GatheredText()
    var columns: [RecordColumn] = []
    text.expect(plainByteCount(runs))
    text.addHead(.service, runs, services, rowCount, to: &columns) { $0.service }
    text.addHead(.environment, runs, environments, rowCount, to: &columns) { $0.environment }
    text.addHead(.host, runs, hosts, rowCount, to: &columns) { $0.host }
    for number in numbers {
      for holder in holders[number] {
        columnOfGroup.base[Int(holder.group)] = Int32(truncatingIfNeeded: holder.column)
      }
      columns.append(column(number, runs, rowCount, &text))
      for holder in holders[number] { columnOfGroup.base[Int(holder.group)] = -1 }
    }
    try visit(
      TenantRows(
        tenant: tenant, arena: text.take(),
        times: gather(runs, rowCount) { $0.times.base },
        receivedAt: gather(runs, rowCount) { $0.receivedAt.base },
        levels: gather(runs, rowCount) { $0.levels.base }, columns: columns))
  }

  /// The columns that the groups of some runs have values of in those runs, in order.
  private mutating func columns(of runs: ArraySlice<StreamRun>) -> [Int] {
    partNumber += 1
    var numbers: [Int] = []
    for run in runs {
      for column in groups[Int(run.group)].columns where marks[column.number] != partNumber {
        if column.values(of: Int(run.start), Int(run.count)).isEmpty { continue }
        marks[column.number] = partNumber
        numbers.append(column.number)
      }
    }
    return numbers.sorted()
  }

  private func plainByteCount(_ runs: ArraySlice<StreamRun>) -> Int {
    runs.reduce(0) { $0 + byteCount($1) }
  }

  private static func halves(
    of runs: ArraySlice<StreamRun>, _ rowCount: Int
  ) -> [ArraySlice<StreamRun>] {
    var first: [StreamRun] = []
    var second: [StreamRun] = []
    var rest = UInt32(truncatingIfNeeded: rowCount / 2)
    for run in runs {
      let kept = min(rest, run.count)
      if kept > 0 { first.append(run.keeping(kept)) }
      if kept < run.count { second.append(run.dropping(kept)) }
      rest -= kept
    }
    return [first[...], second[...]]
  }

  // The runs have `rowCount` rows together, so each element gets its place in the new array.
  private func gather<Element: BitwiseCopyable>(
    _ runs: ArraySlice<StreamRun>, _ rowCount: Int,
    _ elements: (OrderedGroup) -> UnsafeMutablePointer<Element>
  ) -> [Element] {
    [Element](unsafeUninitializedCapacity: rowCount) { target, count in
      for run in runs {
        // The rows of a run are of its group, and all runs together have the row count.
        let source = elements(groups[Int(run.group)]) + Int(run.start)
        (target.baseAddress.map { $0 + count })?.update(from: source, count: Int(run.count))
        count += Int(run.count)
      }
    }
  }

  /// One column of a part. It is plain when any group's part of it is.
  private func column(
    _ number: Int, _ runs: ArraySlice<StreamRun>, _ rowCount: Int, _ text: inout GatheredText
  ) -> RecordColumn {
    var stretches: [ColumnStretch] = []
    var valueCount = 0
    var isPlain = false
    var row = 0
    for run in runs {
      let place = Int(columnOfGroup.base[Int(run.group)])
      if place >= 0 {
        let column = groups[Int(run.group)].columns[place]
        let values = column.values(of: Int(run.start), Int(run.count))
        if !values.isEmpty {
          stretches.append(ColumnStretch(column: column, values: values, run: run, row: row))
          valueCount += values.count
          if column.isPlain { isPlain = true }
        }
      }
      row += Int(run.count)
    }
    let rows = valueCount == rowCount ? nil : ColumnStretch.rows(of: stretches, valueCount)
    let table = catalogue.values[number]
    return RecordColumn(
      key: catalogue.keys[number], rows: rows,
      values: isPlain
        ? .plain(text.slices(stretches, valueCount, table))
        : text.dictionary(stretches, valueCount, table))
  }
}

extension StreamRun {
  /// The first rows of the run.
  func keeping(_ rows: UInt32) -> StreamRun {
    var part = self
    part.count = rows
    return part
  }

  /// The run without its first rows.
  func dropping(_ rows: UInt32) -> StreamRun {
    var part = self
    part.start += rows
    part.count -= rows
    return part
  }
}

/// The values that a run has of a column.
struct ColumnStretch {
  let column: OrderedColumn
  let values: Range<Int>
  let run: StreamRun
  /// The run's first row in the part.
  let row: Int

  /// The rows of a part that have values.
  static func rows(of stretches: [ColumnStretch], _ valueCount: Int) -> [UInt32] {
    [UInt32](unsafeUninitializedCapacity: valueCount) { target, count in
      for stretch in stretches {
        // A row is written and then counted only when it has a value, so that all fit.
        let first = Int(stretch.run.start)
        if let before = stretch.column.spread?.before.base {
          for offset in 0..<Int(stretch.run.count)
          where before[first + offset] != before[first + offset + 1] {
            target[count] = UInt32(truncatingIfNeeded: stretch.row + offset)
            count += 1
          }
        } else {
          for offset in 0..<Int(stretch.run.count) {
            target[count] = UInt32(truncatingIfNeeded: stretch.row + offset)
            count += 1
          }
        }
      }
    }
  }
}
