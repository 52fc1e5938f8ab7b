import CProcessor
import Model

/// The columns of some groups with their rows in the order of tenants. It holds nothing of the
/// groups' own bytes, which are released once this is made.
final class OrderedGroup {
  let times: GrowingBuffer<Int64>
  let receivedAt: GrowingBuffer<Int64>
  let levels: GrowingBuffer<UInt8>
  let streams: GrowingBuffer<StreamKey>
  /// How many bytes of plain columns the rows before each have; one more element than rows.
  private let plainBytes: GrowingBuffer<UInt32>
  private(set) var columns: [OrderedColumn] = []

  /// The numbers, by group and code, are those of services, environments and hosts among those of
  /// all groups.
  init(
    _ lent: LentGroups, order: borrowing TenantOrder, merging catalogue: ColumnCatalogue,
    services: [[UInt32]], environments: [[UInt32]], hosts: [[UInt32]]
  ) {
    let rowCount = lent.rowCount
    times = GrowingBuffer(capacity: rowCount)
    receivedAt = GrowingBuffer(capacity: rowCount)
    levels = GrowingBuffer(capacity: rowCount)
    streams = GrowingBuffer(capacity: rowCount)
    plainBytes = GrowingBuffer(capacity: rowCount + 1)
    for (index, source) in lent.sources.enumerated() {
      putHeads(source, order, services[index], environments[index], hosts[index])
    }
    addColumns(lent, order, catalogue)
    countPlainBytes(rowCount)
  }

  private func putHeads(
    _ source: LentGroups.Source, _ order: borrowing TenantOrder, _ services: [UInt32],
    _ environments: [UInt32], _ hosts: [UInt32]
  ) {
    let (group, base) = (source.group, source.base)
    for row in 0..<group.rowCount {
      // The order has a place for each row, below the count of all.
      let place = Int(order.places.base[source.firstRow + row])
      times.base[place] = group.times.value(row, base)
      receivedAt.base[place] = group.receivedAt.value(row, base)
      levels.base[place] = base[group.levels + row]
      // There is a number for each of the group's codes.
      streams.base[place] = StreamKey(
        service: services[group.services.code(row, base)],
        environment: environments[group.environments.code(row, base)],
        host: hosts[group.hosts.code(row, base)])
    }
  }

  private func addColumns(
    _ lent: LentGroups, _ order: borrowing TenantOrder, _ catalogue: ColumnCatalogue
  ) {
    var parts: [(number: Int, parts: [ColumnPart])] = []
    var indexes: [Int: Int] = [:]
    for (index, source) in lent.sources.enumerated() {
      for (column, number) in zip(source.group.columns, source.numbers) {
        guard let number else { continue }
        let part = ColumnPart(source: index, column: column)
        if let known = indexes[number] {
          parts[known].parts.append(part)
        } else {
          indexes[number] = parts.count
          parts.append((number, [part]))
        }
      }
    }
    var scatters: [Scatter] = []
    for (number, parts) in parts {
      let scatter: Scatter
      if let known = scatters.suffix(8).last(where: { $0.fits(parts, lent) }) {
        scatter = known
      } else {
        scatter = Scatter(parts, lent, order.places)
        scatters.append(scatter)
      }
      columns.append(
        OrderedColumn(
          number, parts, lent, scatter, scatter.targets(order.places), merging: catalogue))
    }
  }

  /// Asks for the streams and times of some rows that are read soon.
  @inline(__always)
  func prefetchStreams(_ start: UInt32) {
    // Addresses are asked for, not read.
    plimsoll_prefetch(streams.base + Int(start))
    plimsoll_prefetch(times.base + Int(start))
  }

  /// How many bytes of plain columns some of its rows have.
  @inline(__always)
  func plainByteCount(of start: UInt32, _ count: UInt32) -> Int {
    // A run's rows are of the group.
    Int(plainBytes.base[Int(start &+ count)] &- plainBytes.base[Int(start)])
  }

  private func countPlainBytes(_ rowCount: Int) {
    let sums = plainBytes.base
    // One more than rows, as many as there is room for, as columns have of starts.
    sums.update(repeating: 0, count: rowCount + 1)
    for column in columns where column.isPlain {
      let starts = column.starts.base
      if let before = column.spread?.before.base {
        for row in 0...rowCount { sums[row] &+= starts[Int(before[row])] }
      } else {
        for row in 0...rowCount { sums[row] &+= starts[row] }
      }
    }
  }
}
