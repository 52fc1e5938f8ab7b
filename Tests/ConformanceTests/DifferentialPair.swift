import Bytes
import Model
import Querying
import Support

/// Two servers with the same samples.
struct DifferentialPair {
  let ours: PromQLClient
  let theirs: PromQLClient

  /// What two answers make of each other.
  enum Difference {
    case bothFail
    case differ(String, onlyNames: Bool)
  }

  /// What Prometheus 2.42 answers otherwise than Prometheus 3, whose language ours is, as the
  /// smallest part of a query that is answered otherwise.
  static func known(
    _ smallest: PromQL.Expression, _ words: String, onlyNamesDiffer: Bool
  ) -> String? {
    // Names leave at the end of a query: series that only they tell apart may meet before, as long
    // as they do not meet in its answer.
    if words == "only theirs fails: vector cannot contain metrics with the same labelset" {
      return "absent of series before their names leave"
    }
    if onlyNamesDiffer {
      let operations = Self.operations(smallest)
      // 2.42 does not count it to the operators that drop the metric's name.
      if operations.contains("atan2") { return "atan2 keeps the name" }
      // Names leave at the end of a query: until then a series that loses its own and one that
      // keeps it are the same, and both lose it.
      if operations.contains("or") { return "or joins series before their names leave" }
    }
    // The last bit of a power is each library's own, and a remainder makes much of it.
    if Self.operations(smallest).isSuperset(of: ["^", "%"]) { return "remainders of powers" }
    // These look at each step's own time, and 2.42 then loses samples that are the same at each.
    if loses(smallest) { return "@ in predict_linear and timestamp" }
    // 2.42's compensated sum makes NaN of a square that overflows, later ones an infinity.
    return overflows(smallest) ? "deviations of huge values" : nil
  }

  private static func overflows(_ expression: PromQL.Expression) -> Bool {
    descendants(expression).contains {
      guard case .call(let call) = $0 else { return false }
      return ["stddev_over_time", "stdvar_over_time"].contains(call.function.name)
        && call.arguments.contains { $0.text.contains("odd") }
    }
  }

  private static func loses(_ expression: PromQL.Expression) -> Bool {
    if case .call(let call) = expression,
      ["predict_linear", "timestamp"].contains(call.function.name),
      call.arguments.contains(where: { $0.text.contains(" @ ") })
    {
      return true
    }
    // A subquery is not asked for by itself, so what is inside is no smaller part.
    guard case .call(let call) = expression, call.arguments.contains(where: { $0.type == .matrix })
    else { return false }
    return descendants(expression).contains { $0.text != expression.text && loses($0) }
  }

  private static func descendants(_ expression: PromQL.Expression) -> [PromQL.Expression] {
    [expression] + expression.children.flatMap(descendants)
  }

  private static func operations(_ expression: PromQL.Expression) -> Set<String> {
    Set(
      descendants(expression).compactMap {
        if case .binary(let node) = $0 { node.operation.rawValue } else { nil }
      })
  }

  /// Three milliseconds off all samples and window edges.
  static func times(
    isInstant: Bool, _ generator: inout QueryGenerator
  ) throws -> EvaluationTimes {
    let minutes: Int64 = generator.chance(4) ? 45 : 20
    let end = DifferentialSamples.start + minutes * 60_000 + 3
    if isInstant { return EvaluationTimes(at: end) }
    return try EvaluationTimes(
      from: end - 600_000, through: end, step: generator.chance(2) ? 60_000 : 37_000)
  }

  /// Nil when both answer alike.
  func difference(
    _ query: String, _ times: EvaluationTimes, isInstant: Bool
  ) async throws -> Difference? {
    let (own, other) = (
      try await answer(ours, query, times, isInstant),
      try await answer(theirs, query, times, isInstant)
    )
    switch (own, other) {
    case (.success(let own), .success(let other)):
      return Self.difference(own, other).map { words in
        let isAlike = Self.difference(Self.nameless(own), Self.nameless(other)) == nil
        return .differ(words, onlyNames: isAlike)
      }
    case (.failure(let own), .failure(let other)) where own.kind != other.kind:
      return .differ("\(own.kind): \(own.message), theirs \(other.kind)", onlyNames: false)
    case (.failure, .failure): return .bothFail
    case (.failure(let fault), .success):
      return .differ("only ours fails: \(fault.message)", onlyNames: false)
    case (.success, .failure(let fault)):
      return .differ("only theirs fails: \(fault.message)", onlyNames: false)
    }
  }

  /// The smallest part of a query that is answered differently.
  func smallest(
    _ query: String, _ times: EvaluationTimes, isInstant: Bool
  ) async throws -> String {
    var smallest = query
    search: while true {
      // One that ours does not even parse has no parts.
      for child in (try? PromQL.parse(ByteString(smallest)))?.children ?? []
      where child.type == .vector || child.type == .scalar {
        if case .differ = try await difference(child.text, times, isInstant: isInstant) {
          smallest = child.text
          continue search
        }
      }
      return smallest
    }
  }

  private func answer(
    _ client: PromQLClient, _ query: String, _ times: EvaluationTimes, _ isInstant: Bool
  ) async throws -> Result<QueryValue, QueryFault> {
    do {
      return .success(try await client.answer(query, times: times, isInstant: isInstant).value)
    } catch let fault as QueryFault {
      return .failure(fault)
    }
  }

  /// Without metric names; series that are then alike are one.
  private static func nameless(_ value: QueryValue) -> QueryValue {
    let series: [MatrixSeries]
    switch value {
    case .vector(let elements):
      series = elements.map { MatrixSeries(labels: $0.labels, points: [$0.point]) }
    case .matrix(let matrix): series = matrix
    default: return value
    }
    var merged: [Labels: [Point]] = [:]
    for one in series { merged[one.labels.setting("__name__", nil), default: []] += one.points }
    return .matrix(
      merged.map { MatrixSeries(labels: $0, points: $1.sorted { $0.time < $1.time }) })
  }

  private static func difference(_ own: QueryValue, _ other: QueryValue) -> String? {
    switch (own, other) {
    case (.scalar(let own), .scalar(let other)):
      return isNear(own.value, other.value) ? nil : "\(own.value), theirs \(other.value)"
    case (.vector(let own), .vector(let other)):
      return difference(
        own.map { MatrixSeries(labels: $0.labels, points: [$0.point]) },
        other.map { MatrixSeries(labels: $0.labels, points: [$0.point]) })
    case (.matrix(let own), .matrix(let other)): return difference(own, other)
    default: return "answers of different kinds"
    }
  }

  private static func difference(_ own: [MatrixSeries], _ other: [MatrixSeries]) -> String? {
    let all = Dictionary(other.map { ($0.labels, $0.points) }) { first, _ in first }
    guard own.count == other.count else { return "\(own.count) series, theirs \(other.count)" }
    for series in own {
      let name = LabelsText.text(series.labels)
      guard let points = all[series.labels] else { return "theirs has no \(name)" }
      guard series.points.map(\.time) == points.map(\.time) else {
        return "\(name): \(series.points.count) points, theirs \(points.count)"
      }
      for (own, other) in zip(series.points, points) where !isNear(own.value, other.value) {
        return "\(name) @\(own.time): \(own.value), theirs \(other.value)"
      }
    }
    return nil
  }

  /// Means, deviations and regressions are computed in another order by each.
  private static func isNear(_ left: Double, _ right: Double) -> Bool {
    if left.isNaN || right.isNaN { return left.isNaN && right.isNaN }
    return left == right || abs(left - right) <= 1e-9 * max(abs(left), abs(right), 1e-3)
  }
}
