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
    for index in batch.records.indices {
      prefetchTenant(ofRecord: index + 8, in: batch)
      tags.tag(record: index, of: &batch)
    }
    // The store knows the others' labels and tenant already; they have neither here.
    for index in batch.series.indices where batch.series[index].id == 0 {
      tags.tag(series: index, of: &batch)
    }
  }

  /// Asks for the bytes of a tenant that is looked at soon, which decoding has left behind.
  @inline(__always)
  private static func prefetchTenant(ofRecord index: Int, in batch: borrowing Batch) {
    guard index < batch.records.count else { return }
    batch.arena.span.prefetch(at: Int(batch.records[index].tenant.offset))
  }

  private static func refuseOutOfTime(_ batch: inout Batch, _ context: TaggingContext) {
    let newest = context.now.adding(Limits.futureNanoseconds) ?? .max
    let oldest = context.now.adding(-context.retention) ?? .min
    let instants = TimeRange(oldest: oldest, newest: newest)
    let millis = TimeRange(
      oldest: oldest / Instant.millisecond, newest: newest / Instant.millisecond)
    var refused = Refused()
    for record in batch.records { refused.count(record.time, instants) }
    for sample in batch.samples { refused.count(sample.time, millis) }
    for time in batch.known.times { refused.count(time, millis) }
    if refused.isNone { return }
    batch.filter(
      records: { instants.contains($0.time) }, sampleTimes: { millis.contains($0) })
    if refused.tooNew > 0 {
      batch.faults.add(
        Fault(.tooNew, "more than 10 minutes ahead of our clock"), count: refused.tooNew)
    }
    if refused.tooOld > 0 {
      batch.faults.add(Fault(.tooOld, "older than the retention"), count: refused.tooOld)
    }
  }
}

/// The times that are kept, both ends included.
private struct TimeRange {
  let oldest: Int64
  let newest: Int64

  func contains(_ time: Int64) -> Bool { time >= oldest && time <= newest }
}

/// How many rows are out of time.
private struct Refused {
  var tooNew = 0
  var tooOld = 0

  var isNone: Bool { tooNew == 0 && tooOld == 0 }

  mutating func count(_ time: Int64, _ range: TimeRange) {
    if time > range.newest {
      tooNew += 1
    } else if time < range.oldest {
      tooOld += 1
    }
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
  private var valid = ValidTenants()

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
    let (tenant, kept) = decide(stated, in: batch)
    if kept { batch.addField(toRecord: index, tenantField, stated, .text) }
    fill(&batch.records[index], tenant)
  }

  private func fill(_ record: inout Record, _ tenant: Slice) {
    record.tenant = tenant
    if record.service.isEmpty { record.service = service }
    if record.environment.isEmpty { record.environment = environment }
    if record.host.isEmpty { record.host = host }
    if record.release.isEmpty { record.release = release }
  }

  mutating func tag(series index: Int, of batch: inout Batch) {
    var stated = batch.series[index].tenant
    if stated.isEmpty, scoped == nil,
      let label = batch.label("tenant", ofSeries: index), Tenant.isValid(batch.bytes(label))
    {
      stated = batch.removeLabel("tenant", ofSeries: index) ?? .empty
    }
    batch.series[index].tenant = decide(stated, in: batch).tenant
  }

  /// The tenant, and whether what the row stated must be kept as a field so as not to be lost.
  private mutating func decide(
    _ stated: Slice, in batch: borrowing Batch
  ) -> (tenant: Slice, keepsStated: Bool) {
    if let scoped { return (scoped, !stated.isEmpty) }
    if stated.isEmpty { return (fallback, false) }
    guard let tenant = valid.find(stated, in: batch) else { return (fallback, true) }
    return (tenant, false)
  }
}

/// Tenants of a batch that were found valid, so that each is checked about once.
private struct ValidTenants {
  private static let places = 2_048
  /// Where else a tenant may stand whose place is taken.
  private static let steps = 4
  private var known = Array(repeating: Slice.empty, count: places)

  /// Where a tenant of the same bytes stands, the same place for most rows that name it; nil when
  /// it is not valid.
  mutating func find(_ tenant: Slice, in batch: borrowing Batch) -> Slice? {
    let bytes = batch.bytes(tenant)
    let first = Self.place(of: bytes)
    var place = first
    for step in 0..<Self.steps {
      place = (first &+ step) % Self.places
      if known[place].isEmpty { break }
      if batch.equal(known[place], tenant) { return known[place] }
    }
    guard Tenant.isValid(bytes) else { return nil }
    known[place] = tenant
    return tenant
  }

  /// Names of a fleet mostly differ in their last bytes.
  private static func place(of name: Span<UInt8>) -> Int {
    var word: UInt64 = 0
    if let last = name.eightBytes(at: name.count - 8) {
      word = last
    } else {
      for index in 0..<name.count { word = word << 8 | UInt64(name[index]) }
    }
    let mixed = (word ^ UInt64(name.count)) &* 0x9E37_79B9_7F4A_7C15
    return Int(mixed >> 53)
  }
}
