import Bytes
import Model

/// Builds `TenantRows` of runs: one column after another, each run's values copied together.
struct TenantRowsBuilder: ~Copyable {
  private let groups: [OrderedGroup]
  private let catalogue: ColumnCatalogue
  /// The groups of each column, and their parts of it.
  private var holders: [[(group: UInt32, view: ColumnView)]]
  /// For the column at work: each group's part of it, if it has one.
  private let views: GrowingBuffer<ColumnView?>
  /// For the column at work: what the runs have of it.
  private var stretches = GrowingBuffer<ColumnStretch>(capacity: 256)
  /// Columns, and groups, that a part was found to have, by the number of the part.
  private var marks: [Int]
  private var groupMarks: [Int]
  private var partNumber = 0

  init(groups: [OrderedGroup], catalogue: ColumnCatalogue) {
    self.groups = groups
    self.catalogue = catalogue
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
    of runs: consuming [StreamRun], limit: RowLimit
  ) -> [(runs: ArraySlice<StreamRun>, plainBytes: Int)] {
    var parts: [(ArraySlice<StreamRun>, Int)] = []
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

  private func byteCount(_ run: StreamRun) -> Int {
    groups[Int(run.group)].plainByteCount(of: run.start, run.count)
  }

  /// Builds one part, which has so many bytes of plain columns, and visits it, or its halves when
  /// it has too many columns.
  mutating func build(
    _ tenant: ByteString, _ runs: ArraySlice<StreamRun>, plainBytes: Int, limit: RowLimit,
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
    text.addHead(.service, runs, services, rowCount, to: &columns) { $0.service }
    text.addHead(.environment, runs, environments, rowCount, to: &columns) { $0.environment }
    text.addHead(.host, runs, hosts, rowCount, to: &columns) { $0.host }
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
  private mutating func columns(of runs: ArraySlice<StreamRun>) -> [Int] {
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
  private mutating func filled(_ numbers: [Int], _ runs: ArraySlice<StreamRun>) -> Int {
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

  /// Finds what runs have of the column at work.
  private mutating func gather(
    _ runs: ArraySlice<StreamRun>
  ) -> (valueCount: Int, isPlain: Bool) {
    stretches.count = 0
    stretches.reserve(runs.count)
    var valueCount = 0
    var isPlain = false
    var row: UInt32 = 0
    for run in runs {
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
        }
      }
      row &+= run.count
    }
    return (valueCount, isPlain)
  }

  /// One column of a part, plain when any group's part of it is; nil without values.
  private mutating func column(
    _ number: Int, _ runs: ArraySlice<StreamRun>, _ rowCount: Int, _ text: inout GatheredText
  ) -> RecordColumn? {
    look(at: number)
    defer { lookAway(from: number) }
    let (valueCount, isPlain) = gather(runs)
    if valueCount == 0 { return nil }
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
struct ColumnStretch: BitwiseCopyable {
  /// Of the column in the run's group.
  let view: ColumnView
  let firstValue: UInt32
  let endOfValues: UInt32
  /// The run's rows in its group.
  let start: UInt32
  let count: UInt32
  /// The run's first row in the part.
  let row: UInt32

  @inline(__always)
  var values: Range<UInt32> { firstValue..<endOfValues }

  /// The rows of a part that have values.
  static func rows(
    of stretches: borrowing GrowingBuffer<ColumnStretch>, _ valueCount: Int
  ) -> [UInt32] {
    [UInt32](unsafeUninitializedCapacity: valueCount) { target, count in
      for index in 0..<stretches.count {
        // A row is written and then counted only when it has a value, so that all fit.
        let stretch = stretches.base[index]
        guard let before = stretch.view.before else {
          for row in stretch.row..<(stretch.row &+ stretch.count) {
            target[count] = row
            count &+= 1
          }
          continue
        }
        let own = before + Int(stretch.start)
        for offset in 0..<Int(stretch.count) where own[offset] != own[offset &+ 1] {
          target[count] = stretch.row &+ UInt32(truncatingIfNeeded: offset)
          count &+= 1
        }
      }
    }
  }
}
