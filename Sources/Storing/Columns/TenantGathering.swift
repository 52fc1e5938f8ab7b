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
/// environment, host, time and arrival. The rows of some payloads are put together by tenant when
/// enough of them were added, so that what is kept is about their unpacked size; gathering a tenant
/// copies ranges, and only there are rows put in order. For one thread.
struct TenantGathering: ~Copyable {
  private var waiting = WaitingGroups()
  private var groups: [OrderedGroup] = []
  private let catalogue = ColumnCatalogue()
  private var tenantValues = MergedValues()
  private var tenantRanks = TenantRanks()
  private var services = MergedValues()
  private var environments = MergedValues()
  private var hosts = MergedValues()
  /// Of all groups, in the order they were added, with the numbers of their tenants.
  private var runs: [(tenant: UInt32, run: TenantRun)] = []
  private var unpackedBytes = 0
  /// What may be added; offsets into it have 32 bits.
  private static let mostBytes = 1 << 31
  /// Columns times rows of what was put in order; each takes two bytes or more, also where a row
  /// has no value.
  private var cells = 0
  private static let mostCells = 128 << 20

  init() {}

  /// Adds the records of a payload; false, with nothing added, when they are too many to gather
  /// at once, unpacked or in columns. The first always fit, up to 2 GiB unpacked.
  mutating func add(_ columns: consuming RecordColumns) -> Bool {
    let bytes = columns.groups.reduce(0) { $0 + $1.bytes.count }
    guard unpackedBytes + bytes <= Self.mostBytes, cells <= Self.mostCells else { return false }
    unpackedBytes += bytes
    for group in columns.groups {
      let member = WaitingGroups.Member(
        group: group, numbers: catalogue.numbers(of: group.columns))
      if waiting.admit(member) { continue }
      orderWaiting()
      _ = waiting.admit(member)
    }
    return true
  }

  /// Puts the groups that wait in order.
  private mutating func orderWaiting() {
    let members = waiting.members
    waiting = WaitingGroups()
    if members.isEmpty { return }
    LentGroups.lend(members) { lent in
      let order = TenantOrder(
        lent, numbers: lent.merge(\.tenants, into: &tenantValues), ranks: &tenantRanks)
      for (tenant, start, count) in order.tenants {
        runs.append(
          (
            tenant,
            TenantRun(group: UInt32(truncatingIfNeeded: groups.count), start: start, count: count)
          ))
      }
      let group = OrderedGroup(
        lent, order: order, merging: catalogue,
        services: lent.merge(\.services, into: &services),
        environments: lent.merge(\.environments, into: &environments),
        hosts: lent.merge(\.hosts, into: &hosts))
      cells += group.columns.count * lent.rowCount
      groups.append(group)
    }
  }

  /// Gives each tenant's rows, in as many parts as the limit asks for.
  mutating func forEach(
    limit: RowLimit = RowLimit(), _ visit: (TenantRows) throws -> Void
  ) rethrows {
    orderWaiting()
    var starts = [Int](repeating: 0, count: tenantValues.count + 1)
    for (tenant, _) in runs { starts[Int(tenant) + 1] += 1 }
    for tenant in 0..<tenantValues.count { starts[tenant + 1] += starts[tenant] }
    var next = starts
    var sorted = runs.map(\.run)
    for (tenant, run) in runs {
      sorted[next[Int(tenant)]] = run
      next[Int(tenant)] += 1
    }
    var builder = TenantRowsBuilder(
      groups: groups, catalogue: catalogue,
      order: RowOrder(services: services, environments: environments, hosts: hosts))
    for tenant in 0..<tenantValues.count {
      let name = ByteString(Array(tenantValues.bytes(UInt32(truncatingIfNeeded: tenant))))
      for part in builder.parts(of: sorted[starts[tenant]..<starts[tenant + 1]], limit: limit) {
        try builder.build(
          name, part.runs, plainBytes: part.plainBytes, limit: limit, services: services,
          environments: environments,
          hosts: hosts, visit)
      }
    }
  }
}

extension LentGroups {
  /// The numbers of each group's distinct values of a head's part.
  fileprivate func merge(
    _ part: KeyPath<RecordGroup, PackedCodes>, into values: inout MergedValues
  ) -> [[UInt32]] {
    sources.map { values.codes(of: $0.group[keyPath: part].values, $0.bytes) }
  }
}
