import Bytes
import Model
import Querying
import Support
import Testing

struct PromQLEvaluationTests {
  @Test(arguments: Fixture.all("query/promql", suffix: ".test"))
  func scripts(fixture: Fixture) async throws {
    let tally = try await PromQLScript.run(try fixture.text(), on: PromQLMemoryTarget())
    #expect(tally.failures == [])
    #expect(tally.total > 30)
    #expect(tally.right == tally.total)
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

  private func run(
    _ query: String, _ source: PromQLMemorySource, at instant: Int64 = 100_000,
    samples: Int = Limits.samplesPerQuery, deadline: Deadline? = nil
  ) throws -> QueryValue {
    var limits = QueryLimits()
    limits.samples = samples
    return try PromQL.answer(
      try PromQL.parse(ByteString(query)), from: source, scope: .tenant("t"),
      times: EvaluationTimes(at: instant), isInstant: true,
      budget: Budget(limits: limits, deadline: deadline)
    ).value
  }

  @Test func stopsAtItsBudget() throws {
    let source = source(series: 10, samples: 100)
    _ = try run("sum_over_time(m[100s])", source, samples: 2_000)
    let fault = #expect(throws: QueryFault.self) {
      try run("sum_over_time(m[100s])", source, samples: 500)
    }
    #expect(fault?.kind == .execution)
    #expect(fault?.message.contains("too many samples") == true)
  }

  @Test func stopsAtItsDeadline() {
    let fault = #expect(throws: QueryFault.self) {
      try run("sum(m)", source(series: 1, samples: 1), deadline: .after(nanoseconds: -1))
    }
    #expect(fault?.kind == .timeout)
  }

  @Test(arguments: [
    "max_over_time(m[290y:1ms])", "sum(m)[290y:1ms]", "m offset 290y", "m offset -290y",
    "m @ 8e12", "m @ -8e12 offset 290y", "rate(m[290y]) @ end()", "topk(1e18, m)",
    "quantile(NaN, m)", "label_join(m, \"a\", \"b\", \"i\")", "predict_linear(m[5m], Inf)",
    "day_of_year(m * 1e300)", "round(m, 0)", "m % 0", "limitk(-5, m)", "limit_ratio(-2, m)",
    "histogram_quantile(NaN, m)", "sort_by_label(m, \"i\")", "m ^ m ^ m",
    "double_exponential_smoothing(m[1m], 2, 2)",
  ])
  func answersExtremesWithoutTrap(query: String) {
    _ = try? run(query, source(series: 3, samples: 5))
  }

  /// The deepest query that is read is evaluated too, on a thread with a small stack.
  @Test func evaluatesTheDeepestQuery() throws {
    let queries = [
      String(repeating: "abs(", count: 98) + "m" + String(repeating: ")", count: 98),
      "m" + String(repeating: " + m", count: 98),
      String(repeating: "-", count: 98) + "m",
      "m" + String(repeating: " ^ m", count: 98),
    ]
    for query in queries { _ = try run(query, source(series: 1, samples: 5), at: 4_000) }
  }

  @Test func refusesTimesNoSumCanHold() throws {
    let expression = try PromQL.parse("m")
    for instant in [Int64.min, .max, 9_000_000_000_000_000] {
      #expect(throws: QueryFault.self) {
        try PromQL.evaluate(
          expression, from: PromQLMemorySource(), scope: .fleet,
          times: EvaluationTimes(at: instant), isInstant: true)
      }
    }
  }

  @Test func rangeQueriesTakeScalarsAndVectorsOnly() throws {
    let times = try EvaluationTimes(from: 0, through: 1_000, step: 1_000)
    for query in ["m[5m]", "\"a\""] {
      let fault = #expect(throws: QueryFault.self) {
        try PromQL.evaluate(
          try PromQL.parse(ByteString(query)), from: PromQLMemorySource(), scope: .fleet,
          times: times, isInstant: false)
      }
      #expect(fault?.message.hasPrefix("invalid expression type") == true)
    }
  }

  /// A range query is the instant queries at its steps.
  @Test func rangeIsInstantsInARow() throws {
    let source = source(series: 3, samples: 300)
    let queries = [
      "m", "rate(m[30s])", "sum(m)", "topk(2, m)", "m > 50", "max_over_time(m[20s:3s])",
      "m offset 10s", "m and on(i) (m > 100)", "avg_over_time(m[1m])", "stddev(m)",
    ]
    for query in queries {
      let expression = try PromQL.parse(ByteString(query))
      let times = try EvaluationTimes(from: 0, through: 310_000, step: 7_000)
      guard
        case .matrix(let matrix) = try PromQL.evaluate(
          expression, from: source, scope: .tenant("t"), times: times, isInstant: false)
      else { continue }
      var rows: [String] = []
      for index in 0..<times.count {
        guard
          case .vector(let elements) = try PromQL.evaluate(
            expression, from: source, scope: .tenant("t"),
            times: EvaluationTimes(at: times.instant(index)), isInstant: true)
        else { continue }
        rows += elements.map { "\($0.point.time) \($0.labels) \($0.point.value)" }
      }
      let columns = matrix.flatMap { series in
        series.points.map { "\($0.time) \(series.labels) \($0.value)" }
      }
      #expect(rows.sorted() == columns.sorted(), "\(query)")
    }
  }
}
