import Bytes
import Model
import Querying
import Testing

/// What bounds a query, and gives back what it held.
struct BudgetTests {
  private func limits(_ change: (inout QueryLimits) -> Void) -> QueryLimits {
    var limits = QueryLimits()
    change(&limits)
    return limits
  }

  private func source(series count: Int, samples: Int) -> PromQLMemorySource {
    var source = PromQLMemorySource()
    for index in 0..<count {
      source.stored.append(
        StoredSeries(
          tenant: "t",
          labels: Labels([Label("__name__", "m"), Label("i", ByteString("\(index)"))]),
          times: (0..<samples).map { Int64($0) * 1_000 }, values: (0..<samples).map(Double.init)))
    }
    return source
  }

  private func run(_ query: String, _ budget: Budget) throws {
    _ = try PromQL.evaluate(
      try PromQL.parse(ByteString(query)), from: source(series: 10, samples: 100),
      scope: .tenant("t"), times: EvaluationTimes(at: 100_000), isInstant: true, budget: budget)
  }

  @Test func memoryIsBoundAndNamed() throws {
    let budget = Budget(limits: limits { $0.memory = 10_000 })
    let fault = #expect(throws: QueryFault.self) { try run("m", budget) }
    #expect(fault?.kind == .execution)
    #expect(fault?.message.contains("the limit is 10000 (query_memory)") == true)
  }

  /// Each part holds what it reads while it is computed, and their sum as little as one.
  @Test func whatLedToAResultIsFreeAgain() throws {
    let one = Budget()
    try run("m", one)
    let many = Budget()
    try run([String](repeating: "m", count: 20).joined(separator: " + "), many)
    #expect(one.peak > 0)
    #expect(many.peak < one.peak * 2)
    #expect(many.held < one.peak)
  }

  @Test func seriesAreBoundAndNamed() throws {
    let budget = Budget(limits: limits { $0.series = 9 })
    let fault = #expect(throws: QueryFault.self) { try run("m", budget) }
    #expect(fault?.message.contains("10, the limit is 9 (query_series)") == true)
  }

  /// Wherever a query says one.
  @Test(arguments: [
    #"m{a=~"12345"}"#, #"sum(m{a!~"12345"}) or m"#, #"label_replace(m, "a", "", "b", "12345")"#,
  ])
  func regularExpressionsAreBoundAndNamed(_ query: String) throws {
    let fault = #expect(throws: QueryFault.self) {
      _ = try PromQL.evaluate(
        try PromQL.parse(ByteString(query), regexBytes: 4), from: source(series: 1, samples: 1),
        scope: .tenant("t"), times: EvaluationTimes(at: 0), isInstant: true,
        budget: Budget(limits: limits { $0.regexBytes = 4 }))
    }
    #expect(fault?.message.contains("it has 5 (query_regex_bytes)") == true)
  }

  @Test(arguments: [
    #"{a=~"12345"}"#, #"{a="b"} |~ "12345""#, #"{a="b"} | regexp "(?P<x>.)""#,
    #"{a="b"} | json | a=~"12345""#, #"label_replace(rate({a="b"}[1m]), "a", "", "b", "12345")"#,
  ])
  func regularExpressionsOfLogsAreBoundAndNamed(_ query: String) throws {
    let fault = #expect(throws: QueryFault.self) {
      try LogQL.parse(ByteString(query), regexBytes: 4)
    }
    #expect(fault?.message.contains("(query_regex_bytes)") == true)
    #expect(throws: Never.self) { try LogQL.parse(ByteString(query), regexBytes: 8) }
  }

  @Test func bytesAreBoundAndNamed() throws {
    let budget = Budget(limits: limits { $0.bytes = 1_000 })
    let fault = #expect(throws: QueryFault.self) {
      try budget.reading { ReadMeter.current?.note { $0.bytesUnpacked += 1_001 } }
    }
    #expect(fault?.message.contains("1001, the limit is 1000 (query_bytes)") == true)
    #expect(ReadMeter.current == nil)
  }

  @Test func aReadStopsAtTooManySamples() throws {
    let budget = Budget(limits: limits { $0.samples = 10 })
    #expect(throws: QueryFault.self) {
      try budget.reading {
        ReadMeter.current?.lend(series: 1, samples: 11)
        try ReadMeter.current?.check()
        Issue.record("the read went on")
      }
    }
  }

  @Test func queriesShareAPool() throws {
    let pool = MemoryPool(limit: 4 << 20)
    var first: Budget? = Budget(memory: pool)
    try first?.hold(3 << 20)
    #expect(pool.used == 4 << 20)
    let second = Budget(memory: pool)
    let fault = #expect(throws: QueryFault.self) { try second.hold(1 << 20) }
    #expect(fault?.kind == .unavailable)
    #expect(fault?.message.contains("(query_memory_total)") == true)
    first = nil
    #expect(pool.used == 0)
    try second.hold(1)
  }

  @Test func aCancelledQueryEnds() throws {
    let cancellation = Cancellation()
    let budget = Budget(cancellation: cancellation)
    try run("m", budget)
    cancellation.cancel()
    let fault = #expect(throws: QueryFault.self) { try run("m", budget) }
    #expect(fault?.kind == .canceled)
  }

  @Test func aTimeoutOnlyShortens() {
    let lease = QueryLease(
      limits: limits { $0.nanoseconds = 1_000 }, memory: MemoryPool(limit: 1),
      cancellation: Cancellation())
    #expect(lease.budget(timeout: 5_000).limits.nanoseconds == 1_000)
    #expect(lease.budget(timeout: 500).limits.nanoseconds == 500)
    #expect(lease.budget(timeout: -500).limits.nanoseconds == 1)
  }
}
