import Bytes
import Decoding
import Model
import Querying
import Running
import Storing
import Support
import Tagging
import Testing

/// Native histograms go from the wire to blocks and back without the loss of a bit, and queries say
/// that they are there.
@Suite struct KeptHistogramTests {
  private static let start: Int64 = 1_795_132_800_000
  private static let tenant: ByteString = "acme"
  private static let series = 3

  private static func open(_ disk: MemoryDisk) throws -> Store {
    try Store(
      opening: "/store", on: disk, settings: StoreSettings(retention: .max),
      clock: { start * 1_000_000 })
  }

  /// Appends a frame with a histogram and a float of each series; the histograms by their times.
  private static func append(
    _ random: inout SeededGenerator, round: Int, to store: Store
  ) async throws -> [[Int64: NativeHistogram]] {
    var builder = WriteRequestBuilder()
    var sent: [[Int64: NativeHistogram]] = []
    for number in 0..<series {
      var histograms: [Int64: NativeHistogram] = [:]
      for step in 0..<4 {
        let time = start + Int64(round * 4 + step) * 15_000
        histograms[time] = try .random(using: &random)
      }
      sent.append(histograms)
      builder.series(
        [("__name__", "rpc_seconds"), ("n", "\(number)")],
        histograms.keys.sorted().map { (Double(number), $0) },
        extra: histograms.flatMap { WriteRequestBuilder.histogram($0.value, $0.key) })
    }
    var batch = Batch()
    var format = RemoteWrite()
    let now = start * 1_000_000 + 3_600_000_000_000
    try format.decode(
      builder.packed.span, from: FrameSource(key: 0, receivedAt: now), into: &batch)
    var context = TaggingContext(now: now, retention: .max)
    context.scopedTenant = tenant
    Tagger.tag(&batch, context)
    #expect(batch.faults.total == 0)
    _ = try await store.append(batch, idempotencyKey: nil)
    return sent
  }

  /// The histograms of a series, as they are kept.
  private func kept(_ store: Store, series number: Int) throws -> [Int64: NativeHistogram] {
    let name = ByteString("\(number)")
    let stored = try store.series(
      in: .tenant(Self.tenant), metric: "rpc_seconds", from: .min, through: .max
    ) { _, labels in labels["n"] == name && labels.histogramPart != nil }
    var parts: [Int64: [ByteString: Double]] = [:]
    for one in stored {
      for (time, value) in zip(one.times, one.values) {
        parts[time, default: [:]][one.labels.histogramPart ?? .empty] = value
      }
    }
    return parts.compactMapValues { found in NativeHistogram { found[$0.name] } }
  }

  @Test(arguments: 0..<3 as Range<UInt64>) func everyBitIsKept(seed: UInt64) async throws {
    var random = SeededGenerator(seed: seed)
    let disk = MemoryDisk()
    var store = try Self.open(disk)
    var sent = [[Int64: NativeHistogram]](repeating: [:], count: Self.series)
    for round in 0..<6 {
      let more = try await Self.append(&random, round: round, to: store)
      for (number, histograms) in more.enumerated() {
        sent[number].merge(histograms) { $1 }
        #expect(try kept(store, series: number) == sent[number], "appended, round \(round)")
      }
      if round % 2 == 1 {
        try store.compact(now: Self.start * 1_000_000)
        for number in sent.indices {
          #expect(try kept(store, series: number) == sent[number], "compacted, round \(round)")
        }
      }
      if round == 3 {
        store.close()
        store = try Self.open(disk)
      }
    }
    #expect(store.status().segments == 0)
    store.close()
    store = try Self.open(disk)
    for number in sent.indices { #expect(try kept(store, series: number) == sent[number]) }
    store.close()
  }

  @Test func queriesSaySoAndSeeFloatsOnly() async throws {
    var random = SeededGenerator(seed: 9)
    let store = try Self.open(MemoryDisk())
    defer { store.close() }
    _ = try await Self.append(&random, round: 0, to: store)
    let source = StoreSource(store: store)
    let sentence = "PromQL warning: native histogram \"rpc_seconds\" is kept"
    func ask(_ query: String, at time: Int64) throws -> PromQL.Answer {
      try PromQL.answer(
        try PromQL.parse(ByteString(query)), from: source, scope: .tenant(Self.tenant),
        times: EvaluationTimes(at: time), isInstant: true)
    }
    for query in [
      "sum(rpc_seconds)", #"sum(last_over_time({n=~".+"}[1m]))"#,
      #"sum(max_over_time({__name__=~"rpc.*"}[1m:15s]))"#,
    ] {
      let answer = try ask(query, at: Self.start + 45_000)
      #expect(answer.warnings.count == 1 && answer.warnings[0].hasPrefix(sentence), "\(query)")
      guard case .vector(let elements) = answer.value else {
        Issue.record("\(query): no vector")
        continue
      }
      #expect(elements.map(\.point.value) == [3], "\(query)")
    }
    // Neither before it was there nor of another metric.
    #expect(try ask("rpc_seconds", at: Self.start - 1).warnings.isEmpty)
    #expect(try ask("up", at: Self.start + 45_000).warnings.isEmpty)
    #expect(try ask(#"{n="1", __histogram__="sum"}"#, at: Self.start + 45_000).value == .vector([]))

    let reading = MetadataReading(source: source, scope: .tenant(Self.tenant))
    #expect(
      try reading.labelNames(from: .min, through: .max) == ["__name__", "n"])
    #expect(try reading.labelValues(of: "__histogram__", from: .min, through: .max).isEmpty)
    let cardinality = try Cardinality(
      reading: source, in: .tenant(Self.tenant), from: .min, through: .max)
    #expect(cardinality.series == Self.series)
  }
}
