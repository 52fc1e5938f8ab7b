import Bytes
import Model
import Querying
import Running
import Storing
import Testing

/// Which series there are is told by indexes: no budget of samples is in the way.
@Suite struct MetadataReadingTests {
  private static let samples: Int64 = 500

  /// Samples of `m{n="0"}` to `m{n="3"}`, the second half of them of another tenant.
  private func batch(from first: Int64) throws -> Batch {
    var batch = Batch()
    for number in 0..<4 {
      batch.startSeries(tenant: batch.intern(ByteString(number < 2 ? "a" : "b")))
      batch.addLabel(batch.intern(ByteString("__name__")), batch.intern(ByteString("m")))
      batch.addLabel(batch.intern(ByteString("n")), batch.intern(ByteString("\(number)")))
      let series = try batch.finishSeries()
      for time in first..<(first + Self.samples) {
        batch.append(sample: Sample(series: series, time: time * 1_000, value: Double(time)))
      }
    }
    return batch
  }

  /// Samples of 500 seconds from 0 and from 10,000 seconds on; so many of the two are in blocks.
  private func store(compacted: Int) async throws -> Store {
    let store = try Store(
      opening: "/store", on: MemoryDisk(), settings: StoreSettings(retention: .max),
      clock: { 20_000 * 1_000_000_000 })
    for (place, first) in [Int64(0), 10_000].enumerated() {
      _ = try await store.append(try batch(from: first), idempotencyKey: nil)
      if place < compacted { try store.compact(now: 20_000 * 1_000_000_000) }
    }
    return store
  }

  @Test(arguments: 0...2)
  func seriesAreToldWithoutTheirSamples(_ compacted: Int) async throws {
    let store = try await store(compacted: compacted)
    defer { store.close() }
    var limits = QueryLimits()
    limits.samples = 50
    func reading(_ scope: Scope) -> MetadataReading {
      MetadataReading(
        source: StoreSource(store: store), scope: scope, budget: Budget(limits: limits))
    }
    let whole = try reading(.fleet).labelValues(of: "n", from: 0, through: 20_000_000)
    #expect(whole == ["0", "1", "2", "3"])
    let matching = [try PromQL.selector(#"m{n=~"1|2"}"#)]
    let own = try reading(.tenant("a")).series(
      matching: matching, from: 10_100_000, through: 10_100_000)
    #expect(own == [Labels([Label("__name__", "m"), Label("n", "1")])])
    let fleet = try reading(.fleet).series(matching: matching, from: 0, through: 1)
    #expect(fleet.map { $0["tenant"] } == ["a", "b"])
    // Between two samples there is nothing.
    #expect(try reading(.fleet).labelNames(from: 600_000, through: 9_000_000).isEmpty)
  }
}
