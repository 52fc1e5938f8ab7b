package import Bytes
package import Model

/// What is known of rows apart from what they say themselves.
package struct TaggingContext: Sendable {
  /// From the credential or the `X-Scope-OrgID` header: it overrides what rows say.
  package var scopedTenant: ByteString?
  /// For rows that name no tenant, before `_platform`.
  package var defaultTenant: ByteString?
  package var defaultService: ByteString = .empty
  package var defaultEnvironment: ByteString = .empty
  package var defaultHost: ByteString = .empty
  package var defaultRelease: ByteString = .empty
  /// The field that keeps a record's own tenant when the scope overrides it.
  package var tenantField: StaticString = "tenant"
  /// Nanoseconds since 1970.
  package var now: Int64
  /// Rows older than this many nanoseconds are refused.
  package var retention: Int64

  package init(now: Int64, retention: Int64) {
    self.now = now
    self.retention = retention
  }
}

/// Puts tenant, service and release onto the rows of a batch, and refuses rows out of time.
package enum Tagger {
  /// Afterwards every record and series of the batch has a valid tenant. Rows too old or too new
  /// are gone and counted in the batch's faults. A release nobody stated stays empty: it is
  /// computed from the deploy timeline when the row is read.
  package static func tag(_ batch: inout Batch, _ context: TaggingContext) {
    refuseOutOfTime(&batch, context)
    var tags = Tags(context, &batch)
    for index in batch.records.indices { tags.tag(record: index, of: &batch) }
    for index in batch.series.indices { tags.tag(series: index, of: &batch) }
  }

  private static func refuseOutOfTime(_ batch: inout Batch, _ context: TaggingContext) {
    let newest = context.now.adding(Limits.futureNanoseconds) ?? .max
    let oldest = context.now.adding(-context.retention) ?? .min
    let newestMilliseconds = newest / Instant.millisecond
    let oldestMilliseconds = oldest / Instant.millisecond
    var tooNew = 0
    var tooOld = 0
    func keeps(_ time: Int64, _ oldest: Int64, _ newest: Int64) -> Bool {
      if time > newest {
        tooNew += 1
        return false
      }
      if time < oldest {
        tooOld += 1
        return false
      }
      return true
    }
    batch.filter(
      records: { keeps($0.time, oldest, newest) },
      samples: { keeps($0.time, oldestMilliseconds, newestMilliseconds) })
    if tooNew > 0 {
      batch.faults.add(Fault(.tooNew, "more than 10 minutes ahead of our clock"), count: tooNew)
    }
    if tooOld > 0 { batch.faults.add(Fault(.tooOld, "older than the retention"), count: tooOld) }
  }
}

/// The context's values as slices of one batch, written into its arena once.
private struct Tags {
  let scoped: Slice?
  let fallback: Slice
  let service: Slice
  let environment: Slice
  let host: Slice
  let release: Slice
  let tenantField: Slice

  init(_ context: TaggingContext, _ batch: inout Batch) {
    scoped = context.scopedTenant.map { batch.intern($0) }
    fallback = batch.intern(context.defaultTenant ?? Tenant.platform)
    service = batch.intern(context.defaultService)
    environment = batch.intern(context.defaultEnvironment)
    host = batch.intern(context.defaultHost)
    release = batch.intern(context.defaultRelease)
    tenantField = batch.intern(context.tenantField)
  }

  mutating func tag(record index: Int, of batch: inout Batch) {
    let stated = batch.records[index].tenant
    let (tenant, kept) = decide(stated, isValid: Tenant.isValid(batch.bytes(stated)))
    if kept { batch.addField(toRecord: index, tenantField, stated, .text) }
    batch.update(record: index) { record in
      record.tenant = tenant
      if record.service.isEmpty { record.service = service }
      if record.environment.isEmpty { record.environment = environment }
      if record.host.isEmpty { record.host = host }
      if record.release.isEmpty { record.release = release }
    }
  }

  mutating func tag(series index: Int, of batch: inout Batch) {
    var stated = batch.series[index].tenant
    if stated.isEmpty, scoped == nil,
      let label = batch.label("tenant", ofSeries: index), Tenant.isValid(batch.bytes(label))
    {
      stated = batch.removeLabel("tenant", ofSeries: index) ?? .empty
    }
    let (tenant, _) = decide(stated, isValid: Tenant.isValid(batch.bytes(stated)))
    batch.setTenant(tenant, ofSeries: index)
  }

  /// The tenant, and whether what the row stated must be kept as a field so as not to be lost.
  private func decide(_ stated: Slice, isValid: Bool) -> (tenant: Slice, keepsStated: Bool) {
    if let scoped { return (scoped, !stated.isEmpty) }
    if stated.isEmpty { return (fallback, false) }
    return isValid ? (stated, false) : (fallback, true)
  }
}
