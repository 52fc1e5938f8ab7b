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
/// environment, host, time and arrival. A payload's rows are put together by tenant when it is
/// added, so that what is kept is about its unpacked size; gathering a tenant copies ranges, and
/// only there are rows put in order. For one thread.
struct TenantGathering: ~Copyable {
  private var groups: [OrderedGroup] = []
  private let catalogue = ColumnCatalogue()
  private var tenantValues = MergedValues()
  private var services = MergedValues()
  private var environments = MergedValues()
  private var hosts = MergedValues()
  /// Of all groups, in the order they were added, with the numbers of their tenants.
  private var runs: [(tenant: UInt32, run: TenantRun)] = []
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
      let values = ValueBytes(base: base, count: bytes.count)
      let order = TenantOrder(group, base)
      let tenants = tenantValues.codes(of: group.tenants.values, values)
      for tenant in 0..<group.tenants.values.count {
        let count = order.starts[tenant + 1] - order.starts[tenant]
        if count == 0 { continue }
        runs.append(
          (
            tenants[tenant],
            TenantRun(
              group: UInt32(truncatingIfNeeded: groups.count), start: order.starts[tenant],
              count: count)
          ))
      }
      groups.append(
        OrderedGroup(
          group, values, order: order, serial: groups.count, merging: catalogue,
          services: services.codes(of: group.services.values, values),
          environments: environments.codes(of: group.environments.values, values),
          hosts: hosts.codes(of: group.hosts.values, values)))
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
