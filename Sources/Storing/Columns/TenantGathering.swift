import Bytes
import Model

/// How much one `TenantRows` may hold; a tenant's rows beyond it come in several.
struct RowLimit: Sendable {
  var rows = 65_536
  /// Bytes of values that are not in dictionaries.
  var bytes = 8 << 20
  var columns = 4_096
}

/// Turns the records of many payloads into rows of one tenant after another, ordered by service,
/// environment, host, time and arrival. A payload is put in order when it is added, so that what
/// is kept is about its unpacked size; gathering a tenant copies ranges. For one thread.
struct TenantGathering: ~Copyable {
  private var groups: [OrderedGroup] = []
  private let catalogue = ColumnCatalogue()
  private var tenantValues = MergedValues()
  private var services = MergedValues()
  private var environments = MergedValues()
  private var hosts = MergedValues()
  /// Of all groups, in the order they were added.
  private var runs: [StreamRun] = []
  private var unpackedBytes = 0
  /// What may be added; offsets into it have 32 bits.
  private static let mostBytes = 1 << 31

  init() {}

  /// Adds the records of a payload; false, with nothing added, when they are too many to gather
  /// at once: 2 GiB unpacked.
  mutating func add(_ columns: consuming RecordColumns) -> Bool {
    let bytes = columns.groups.reduce(0) { $0 + $1.bytes.count }
    guard unpackedBytes + bytes <= Self.mostBytes else { return false }
    unpackedBytes += bytes
    for group in columns.groups { add(group) }
    return true
  }

  private mutating func add(_ group: RecordGroup) {
    // All that is read through the pointer was checked when the group was read.
    group.bytes.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return }
      let order = StreamOrder(group, base)
      let tenants = tenantValues.codes(of: group.tenants.values, base)
      let services = services.codes(of: group.services.values, base)
      let environments = environments.codes(of: group.environments.values, base)
      let hosts = hosts.codes(of: group.hosts.values, base)
      var start: UInt32 = 0
      // The codes of a key are below the counts of the group's values.
      for (key, count) in zip(order.keys, order.counts) {
        runs.append(
          StreamRun(
            tenant: tenants[Int(key & 0xFFFF)], service: services[Int(key >> 16 & 0xFFFF)],
            environment: environments[Int(key >> 32 & 0xFFFF)], host: hosts[Int(key >> 48)],
            group: UInt32(truncatingIfNeeded: groups.count), start: start, count: count))
        start += count
      }
      groups.append(
        OrderedGroup(group, base, order: order, serial: groups.count, merging: catalogue))
    }
  }

  /// The tenants, in the order they first came.
  var tenants: [ByteString] {
    (0..<tenantValues.count).map { code in
      ByteString(Array(tenantValues.bytes(UInt32(truncatingIfNeeded: code))))
    }
  }

  /// Gives each tenant's rows, in as many parts as the limit asks for.
  borrowing func forEach(limit: RowLimit = RowLimit(), _ visit: (TenantRows) throws -> Void)
    rethrows
  {
    let ranks = (services.ranks(), environments.ranks(), hosts.ranks())
    var starts = [Int](repeating: 0, count: tenantValues.count + 1)
    for run in runs { starts[Int(run.tenant) + 1] += 1 }
    for tenant in 0..<tenantValues.count { starts[tenant + 1] += starts[tenant] }
    var next = starts
    var sorted = runs
    for run in runs {
      sorted[next[Int(run.tenant)]] = run
      next[Int(run.tenant)] += 1
    }
    var builder = TenantRowsBuilder(groups: groups, catalogue: catalogue)
    for tenant in 0..<tenantValues.count {
      let name = ByteString(Array(tenantValues.bytes(UInt32(truncatingIfNeeded: tenant))))
      let own = StreamSorting.sort(
        sorted[starts[tenant]..<starts[tenant + 1]], ranks: ranks, groups: groups)
      for part in builder.parts(of: own, limit: limit) {
        try builder.build(
          name, part.runs, plainBytes: part.plainBytes, limit: limit, services: services,
          environments: environments,
          hosts: hosts, visit)
      }
    }
  }
}

/// Puts the runs of one tenant in order.
enum StreamSorting {
  /// What runs are ordered by, as two numbers: service and environment, then host and the place
  /// among the tenant's runs as they were added.
  private struct Key: Comparable {
    let stream: UInt64
    let rest: UInt64

    init(_ service: UInt32, _ environment: UInt32, _ host: UInt32, arrival: Int) {
      stream = UInt64(service) << 32 | UInt64(environment)
      rest = UInt64(host) << 32 | UInt64(truncatingIfNeeded: arrival)
    }

    var arrival: Int { Int(rest & 0xFFFF_FFFF) }

    static func < (left: Key, right: Key) -> Bool {
      left.stream != right.stream ? left.stream < right.stream : left.rest < right.rest
    }
  }

  /// The runs by service, environment and host in byte order, and in each stream by time; a run
  /// is cut where another's rows come between. `ranks` are of services, environments and hosts.
  static func sort(
    _ runs: ArraySlice<StreamRun>, ranks: ([UInt32], [UInt32], [UInt32]), groups: [OrderedGroup]
  ) -> [StreamRun] {
    var keys: [Key] = []
    keys.reserveCapacity(runs.count)
    for run in runs {
      keys.append(
        Key(
          ranks.0[Int(run.service)], ranks.1[Int(run.environment)], ranks.2[Int(run.host)],
          arrival: keys.count))
    }
    keys.sort()
    var sorted = keys.map { runs[runs.startIndex + $0.arrival] }
    var start = 0
    while start < sorted.count {
      var end = start + 1
      while end < sorted.count, isOneStream(sorted[start], sorted[end]) { end += 1 }
      if !isInTime(sorted[start..<end], groups) {
        let cut = byTime(sorted[start..<end], groups)
        sorted.replaceSubrange(start..<end, with: cut)
        end = start + cut.count
      }
      start = end
    }
    return sorted
  }

  private static func isOneStream(_ left: StreamRun, _ right: StreamRun) -> Bool {
    left.service == right.service && left.environment == right.environment
      && left.host == right.host
  }

  private static func isInTime(_ runs: ArraySlice<StreamRun>, _ groups: [OrderedGroup]) -> Bool {
    var last = Int64.min
    for run in runs {
      let times = groups[Int(run.group)].times.base
      for row in Int(run.start)..<Int(run.start + run.count) {
        // A run's rows are of its group.
        let time = times[row]
        if time < last { return false }
        last = time
      }
    }
    return true
  }

  /// A row with what it is ordered by within its stream.
  private struct TimedRow: Comparable {
    let time: Int64
    let arrival: UInt32
    let run: UInt32
    let row: UInt32

    static func < (left: TimedRow, right: TimedRow) -> Bool {
      left.time != right.time ? left.time < right.time : left.arrival < right.arrival
    }
  }

  /// The rows of a stream sorted by time, as runs again.
  private static func byTime(
    _ runs: ArraySlice<StreamRun>, _ groups: [OrderedGroup]
  ) -> [StreamRun] {
    var rows: [TimedRow] = []
    rows.reserveCapacity(runs.reduce(0) { $0 + Int($1.count) })
    for index in runs.indices {
      let run = runs[index]
      for row in run.start..<(run.start + run.count) {
        rows.append(
          TimedRow(
            time: groups[Int(run.group)].times.base[Int(row)],
            arrival: UInt32(truncatingIfNeeded: rows.count),
            run: UInt32(truncatingIfNeeded: index), row: row))
      }
    }
    // Runs that are in order by themselves, as most are, merge in a few steps a row.
    rows.sort()
    var cut: [StreamRun] = []
    for row in rows {
      let run = runs[Int(row.run)]
      if let last = cut.last, last.group == run.group, last.start + last.count == row.row {
        cut[cut.count - 1].count += 1
      } else {
        var one = run
        one.start = row.row
        one.count = 1
        cut.append(one)
      }
    }
    return cut
  }
}
