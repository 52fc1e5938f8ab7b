import Bytes
import Model
import Tagging
import Testing

@Suite struct TaggerTests {
  private static let now: Int64 = 1_795_132_800_000_000_000

  private func context() -> TaggingContext {
    TaggingContext(now: Self.now, retention: 3_600 * 1_000_000_000)
  }

  private func batch(tenant: ByteString, time: Int64 = TaggerTests.now) -> Batch {
    var batch = Batch()
    batch.addField("a", integer: 1)
    var record = Record(time: time, receivedAt: Self.now)
    record.tenant = batch.intern(tenant)
    batch.append(record: record)
    return batch
  }

  @Test(
    arguments: [
      ("acme", nil, "acme", nil), ("", nil, "_platform", nil), ("a b", nil, "_platform", "a b"),
      ("acme", "nordlog", "nordlog", "acme"), ("", "nordlog", "nordlog", nil),
    ] as [(String, String?, String, String?)])
  func tenantsOfRecords(_ stated: String, _ scope: String?, _ want: String, _ kept: String?) {
    var batch = batch(tenant: ByteString(stated))
    var context = context()
    context.scopedTenant = scope.map { ByteString($0) }
    Tagger.tag(&batch, context)
    #expect(batch.string(batch.records[0].tenant) == ByteString(want))
    #expect(batch.field("tenant", of: batch.records[0]) == kept.map { ByteString($0) })
    #expect(batch.field("a", of: batch.records[0]) == "1")
  }

  @Test func defaultsFillWhatIsMissingAndAStatedReleaseIsNeverReplaced() {
    var batch = batch(tenant: "")
    var context = context()
    context.defaultTenant = "acme"
    context.defaultService = "edi"
    context.defaultRelease = "2"
    batch.update(record: 0) { $0.release = .empty }
    Tagger.tag(&batch, context)
    let record = batch.records[0]
    #expect(batch.string(record.tenant) == "acme")
    #expect(batch.string(record.service) == "edi")
    #expect(batch.string(record.release) == "2")
  }

  @Test func rowsOutOfTimeAreRefusedAndCounted() {
    for (offset, reason) in [
      (601, FaultReason.tooNew), (-3_601, .tooOld), (599, nil), (-3_599, nil),
    ] as [(Int64, FaultReason?)] {
      var batch = batch(tenant: "a", time: Self.now + offset * 1_000_000_000)
      Tagger.tag(&batch, context())
      #expect(batch.records.isEmpty == (reason != nil))
      if let reason { #expect(batch.faults.entries[reason]?.count == 1) }
    }
  }

  @Test func aLabelTenantIsTakenOnlyWithoutAScope() throws {
    for scope in [nil, "nordlog"] as [ByteString?] {
      var batch = Batch()
      batch.startSeries()
      for (name, value) in [("__name__", "up"), ("tenant", "acme")] as [(ByteString, ByteString)] {
        batch.addLabel(batch.intern(name), batch.intern(value))
      }
      let series = try batch.finishSeries()
      batch.append(sample: Sample(series: series, time: Self.now / 1_000_000, value: 1))
      var context = context()
      context.scopedTenant = scope
      Tagger.tag(&batch, context)
      #expect(batch.string(batch.series[0].tenant) == scope ?? "acme")
      #expect(batch.labels(ofSeries: 0)["tenant"] == (scope == nil ? nil : "acme"))
    }
  }

  @Test func aSeriesTheStoreKnowsIsLeftAlone() {
    var batch = Batch()
    batch.startSeries()
    batch.series[0].id = 7
    batch.append(sample: Sample(series: 0, time: Self.now / 1_000_000, value: 1))
    var context = context()
    context.scopedTenant = "nordlog"
    let before = batch.series[0]
    Tagger.tag(&batch, context)
    #expect(batch.series[0] == before)
    #expect(batch.samples.count == 1)
  }

  @Test func manyTenantsAreEachCheckedByAllTheirBytes() {
    var batch = Batch()
    let names = (0..<500).map { "t-\($0 % 250)\($0 % 7 == 0 ? " " : "")-x\($0 % 3)" }
    for name in names {
      var record = Record(time: Self.now, receivedAt: Self.now)
      record.tenant = batch.intern(ByteString(name))
      batch.append(record: record)
    }
    Tagger.tag(&batch, context())
    for (record, name) in zip(batch.records, names) {
      let isValid = Tenant.isValid(Array(name.utf8).span)
      #expect(batch.string(record.tenant) == (isValid ? ByteString(name) : "_platform"))
      #expect(batch.field("tenant", of: record) == (isValid ? nil : ByteString(name)))
    }
  }
}
