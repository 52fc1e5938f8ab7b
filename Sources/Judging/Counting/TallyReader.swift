import Bytes
import Model
import Querying

/// Reads the counts of a process over slots of time.
struct TallyReader {
  let evaluator: Evaluator
  /// Whose the series are that carry no tenant label.
  let owner: ByteString

  private static let tenant: ByteString = "tenant"

  /// The counts of all tenants. `withDurations` costs one more query.
  func tally(
    of process: BusinessProcess, over slots: Slots, withDurations: Bool = true
  ) throws -> ProcessTally {
    var done: [ByteString: [Double]] = [:]
    var bad: [ByteString: [Double]] = [:]
    for signal in process.done { try add(signal, slots, to: &done) }
    for signal in process.bad { try add(signal, slots, to: &bad) }
    var slowest: [ByteString: [Double]] = [:]
    if withDurations, let timing = process.timing {
      let times = try EvaluationTimes(
        from: slots.start + slots.step, through: slots.end, step: slots.step)
      let text = Self.quantile(timing, milliseconds: slots.step)
      for series in try evaluator.matrix(.logql, text, times) {
        var values = [Double](repeating: .nan, count: slots.count)
        for point in series.points {
          if let slot = index(of: point.time, slots) { values[slot] = point.value }
        }
        slowest[series.labels[Self.tenant] ?? owner] = values
      }
    }
    let empty = [Double](repeating: 0, count: slots.count)
    var tallies: [ByteString: Tally] = [:]
    for tenant in Set(done.keys).union(bad.keys) {
      let failures = bad[tenant] ?? empty
      var attempts = done[tenant] ?? empty
      for slot in attempts.indices {
        attempts[slot] =
          process.basis == .good
          ? attempts[slot] + failures[slot] : Swift.max(attempts[slot], failures[slot])
      }
      tallies[tenant] = Tally(
        attempts: attempts, failures: failures, slowest: slowest[tenant] ?? [])
    }
    return ProcessTally(slots: slots, tenants: tallies)
  }

  /// The 95th percentile of a process' durations over a window, in seconds, by tenant.
  func slowest(
    _ timing: BusinessProcess.Timing, from: Int64, to: Int64
  ) throws -> [ByteString: Double] {
    guard to > from else { return [:] }
    let text = Self.quantile(timing, milliseconds: to - from)
    var values: [ByteString: Double] = [:]
    for series in try evaluator.matrix(.logql, text, EvaluationTimes(at: to)) {
      values[series.labels[Self.tenant] ?? owner] = series.points.last?.value
    }
    return values
  }

  private func add(
    _ signal: BusinessProcess.Signal, _ slots: Slots, to counts: inout [ByteString: [Double]]
  ) throws {
    switch signal.language {
    case .logql:
      let times = try EvaluationTimes(
        from: slots.start + slots.step, through: slots.end, step: slots.step)
      let text = Self.count(signal.text, milliseconds: slots.step)
      for series in try evaluator.matrix(.logql, text, times) {
        let tenant = series.labels[Self.tenant] ?? owner
        var values = counts[tenant] ?? [Double](repeating: 0, count: slots.count)
        for point in series.points {
          if let slot = index(of: point.time, slots) { values[slot] += point.value }
        }
        counts[tenant] = values
      }
    case .promql:
      // One instant more than slots: each slot is the difference of its two edges.
      let times = try EvaluationTimes(from: slots.start, through: slots.end, step: slots.step)
      for series in try evaluator.matrix(.promql, signal.text, times) {
        let tenant = series.labels[Self.tenant] ?? owner
        var values = counts[tenant] ?? [Double](repeating: 0, count: slots.count)
        addIncreases(of: series.points, slots, to: &values)
        counts[tenant] = values
      }
    }
  }

  /// Adds a counter's increases, each to the slot it was seen in. A counter that falls was
  /// restarted, and counts from zero again; its first value says nothing.
  private func addIncreases(of points: [Point], _ slots: Slots, to values: inout [Double]) {
    var last: Double?
    for point in points where point.value.isFinite {
      if let last, let slot = index(of: point.time, slots) {
        values[slot] += point.value >= last ? point.value - last : point.value
      }
      last = point.value
    }
  }

  private func index(of time: Int64, _ slots: Slots) -> Int? {
    let offset = time - slots.start - 1
    guard offset >= 0, offset / slots.step < Int64(slots.count) else { return nil }
    return Int(offset / slots.step)
  }

  /// The rows of a log query per window, by tenant. The query stands on lines of its own, since it
  /// may end with a comment.
  static func count(_ text: ByteString, milliseconds: Int64) -> ByteString {
    ByteString(
      Array("sum by (tenant) (count_over_time(\n".utf8) + text.bytes
        + Array("\n[\(milliseconds)ms]))".utf8))
  }

  /// The 95th percentile of a timing per window, by tenant.
  static func quantile(_ timing: BusinessProcess.Timing, milliseconds: Int64) -> ByteString {
    ByteString(
      Array("quantile_over_time(0.95,\n".utf8) + timing.query.bytes + Array("\n| unwrap ".utf8)
        + timing.field.bytes + Array(" [\(milliseconds)ms]) by (tenant)".utf8))
  }
}
