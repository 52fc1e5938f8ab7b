import Support

/// A condition on labels: how it is written, which fields it makes join, and when it holds.
struct OracleFilter {
  var text: String
  var joins: [String]
  var holds: (OracleState) -> Bool
}

extension OracleWriter {
  mutating func filter(depth: Int) -> OracleFilter {
    guard depth < 3, chance(2) else { return comparison() }
    let (left, right) = (filter(depth: depth + 1), filter(depth: depth + 1))
    let joins = left.joins + right.joins
    switch Int.random(in: 0..<3, using: &random) {
    case 0:
      return OracleFilter(text: "(\(left.text) or \(right.text))", joins: joins) {
        left.holds($0) || right.holds($0)
      }
    case 1:
      return OracleFilter(text: "(\(left.text), \(right.text))", joins: joins) {
        left.holds($0) && right.holds($0)
      }
    default:
      return OracleFilter(text: "(\(left.text) and \(right.text))", joins: joins) {
        left.holds($0) && right.holds($0)
      }
    }
  }

  private mutating func comparison() -> OracleFilter {
    let sign = one([">", ">=", "<", "<=", "==", "!="])
    let compare = { (left: Double, right: Double) in Self.holds(sign, left, right) }
    switch Int.random(in: 0..<6, using: &random) {
    case 0:
      let (label, bound) = (one(["status", "code"]), one(["42", "404", "7"]))
      return OracleFilter(text: "\(label) \(sign) \(bound)", joins: [label]) { state in
        guard let own = state.value(label) else { return false }
        return compare(Double(own) ?? .nan, Double(bound) ?? .nan)
      }
    case 1:
      let (text, bound) = one(Self.durations)
      return OracleFilter(text: "took \(sign) \(text)", joins: ["took"]) { state in
        guard let own = state.value("took") else { return false }
        return compare(Self.durations.first { $0.0 == own }?.1 ?? .nan, bound)
      }
    case 2:
      let (text, bound) = one(Self.sizes)
      return OracleFilter(text: "size \(sign) \(text)", joins: ["size"]) { state in
        guard let own = state.value("size") else { return false }
        return compare(Self.sizes.first { $0.0 == own }?.1 ?? .nan, bound)
      }
    default:
      let label = one(["who", "level", "status", "host", "tenant", "code", "release"])
      let values = [one(["ada", "error", "404", "h1", "a"]), one(["cyd", "info", "b", "r1", ""])]
      let isNegated = chance(3)
      if chance(2) {
        return OracleFilter(
          text: "\(label)\(isNegated ? "!~" : "=~")\"\(values.joined(separator: "|"))\"",
          joins: [label]
        ) { values.contains($0.text(label)) != isNegated }
      }
      return OracleFilter(
        text: "\(label)\(isNegated ? "!=" : "=")\"\(values[1])\"", joins: [label]
      ) { ($0.text(label) == values[1]) != isNegated }
    }
  }

  private static func holds(_ sign: String, _ left: Double, _ right: Double) -> Bool {
    switch sign {
    case ">": left > right
    case ">=": left >= right
    case "<": left < right
    case "<=": left <= right
    case "==": left == right
    default: left != right
    }
  }

  private mutating func grouping() -> OracleGrouping {
    let names = ["tenant", "level", "status", "who", "host", "release", "code", "detected_level"]
    switch Int.random(in: 0..<4, using: &random) {
    case 0: return .all
    case 1: return .without([one(names), one(names)].uniqued)
    case 2: return .by([one(names)])
    default: return .by([one(names), one(names)].uniqued)
    }
  }

  mutating func range() -> OracleRange {
    let function = one([
      "count_over_time", "rate", "bytes_over_time", "bytes_rate", "absent_over_time",
      "sum_over_time", "avg_over_time", "min_over_time", "max_over_time", "first_over_time",
      "last_over_time", "stddev_over_time", "stdvar_over_time", "quantile_over_time", "rate",
    ])
    var range = OracleRange(
      function: function, quantile: one([0, 0.25, 0.5, 0.9, 1]), selection: selection(),
      window: one([1, 7, 30, 100, 400]), offset: one([0, 0, 0, 5, -5]))
    let takesLines = ["count_over_time", "bytes_over_time", "bytes_rate", "absent_over_time"]
    if takesLines.contains(function) || function == "rate" && chance(2) { return range }
    let isGroupable = function != "rate" && function != "sum_over_time"
    if isGroupable { range.grouping = grouping() }
    let plain: (String) -> Double = { Double($0) ?? .nan }
    let duration: (String) -> Double = { text in
      Self.durations.first { $0.0 == text }?.1 ?? .nan
    }
    let size: (String) -> Double = { text in Self.sizes.first { $0.0 == text }?.1 ?? .nan }
    let unwraps: [(text: String, label: String, number: (String) -> Double)] = [
      ("status", "status", plain), ("lapse", "lapse", plain), ("code", "code", plain),
      ("duration(lapse)", "lapse", plain), ("bytes(status)", "status", plain),
      ("duration(took)", "took", duration), ("duration_seconds(took)", "took", duration),
      ("bytes(size)", "size", size),
    ]
    range.unwrap = one(unwraps)
    if range.unwrap?.label == "lapse" || range.unwrap?.label == "status" { return range }
    // Without a parser there would be nothing to unwrap.
    range.selection.stages.insert(
      OracleStage(text: " | logfmt") { state in
        for member in state.row.members where state.form == .logfmt {
          state.extract(member.name, member.text)
        }
        return true
      }, at: 0)
    return range
  }

  private mutating func aggregated() -> OracleMetric {
    let range = range()
    let plain = OracleMetric(
      text: range.text, joins: range.selection.joins + range.grouping.joins,
      vectors: range.vectors)
    if chance(3) { return plain }
    let function = one(["sum", "sum", "avg", "min", "max", "count", "stddev", "stdvar"])
    var grouping = grouping()
    if case .all = grouping { grouping = .by([]) }
    return OracleMetric(
      text: "\(function)\(grouping.text) (\(plain.text))", joins: plain.joins + grouping.joins
    ) { world in
      plain.vectors(world).map { OracleMetric.aggregate(function, $0, grouping) }
    }
  }

  mutating func metric() -> OracleMetric {
    let left = aggregated()
    switch Int.random(in: 0..<6, using: &random) {
    case 0:
      let operation = one(["+", "*", ">", "<=", "> bool", "-", "/"])
      let number = one([0.5, 1, 2, 100])
      return OracleMetric(text: "\(left.text) \(operation) \(number)", joins: left.joins) {
        left.vectors($0).map { vector in
          vector.compactMapValues { OracleMetric.apply(operation, $0, number) }
        }
      }
    case 1:
      let operation = one(["+", "-", "*", "/", ">", "> bool", "and", "or", "unless"])
      let right = aggregated()
      return OracleMetric(
        text: "(\(left.text)) \(operation) (\(right.text))", joins: left.joins + right.joins
      ) { world in
        zip(left.vectors(world), right.vectors(world)).map {
          OracleMetric.combine(operation, $0, $1)
        }
      }
    case 2:
      let (count, isTop) = (one([1, 2, 5]), chance(2))
      return OracleMetric(
        text: "\(isTop ? "topk" : "bottomk")(\(count), \(left.text))", joins: left.joins,
        chosen: (count, isTop), vectors: left.vectors)
    default: return left
    }
  }
}

extension [String] {
  /// Each once, in the order they are met.
  fileprivate var uniqued: [String] {
    reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}
