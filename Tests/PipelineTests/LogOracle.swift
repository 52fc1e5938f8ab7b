import Bytes
import Model

/// A record as the oracle sees it: all it knows as text.
struct OracleRow {
  /// What a line is, and so which parser finds something in it.
  enum Form { case plain, logfmt, json }

  /// Nanoseconds.
  var time: Int64
  var tenant: String
  var service: String
  var host: String
  var release: String
  var level: Level
  var fields: [(name: String, text: String, kind: FieldKind)]
  var form: Form
  /// What the parser of its form finds.
  var members: [(name: String, text: String)]
  var line: String
}

/// A deploy as the oracle sees it; nil tenants are all.
struct OracleDeploy {
  var release: String
  var tenants: [String]?
  /// Nanoseconds.
  var start: Int64
}

/// What a query is asked of.
struct OracleWorld {
  var rows: [OracleRow]
  var deploys: [OracleDeploy]
  /// Nil is the fleet.
  var tenant: String?
  /// Milliseconds.
  var instants: [Int64]
  /// The fields that the query names so that they join.
  var joined: Set<String>
  var namesRelease: Bool

  /// The labels of a record's stream; nil when the scope does not see it.
  func stream(of row: OracleRow) -> [String: String]? {
    if let tenant, tenant != row.tenant { return nil }
    var labels = ["service": row.service, "host": row.host, "release": row.release]
    if tenant == nil { labels["tenant"] = row.tenant }
    if row.level != .unknown { labels["level"] = row.level.name.text }
    if namesRelease, row.release.isEmpty, row.service == "odoo" {
      let last = deploys.last { deploy in
        deploy.start <= row.time && deploy.tenants?.contains(row.tenant) != false
      }
      labels["release"] = last?.release
    }
    return labels.filter { !$0.value.isEmpty }
  }
}

/// A record on its way through the stages of a query.
struct OracleState {
  let row: OracleRow
  let stream: [String: String]
  var form: OracleRow.Form
  var line: String
  /// What stages set; nil for what they took away.
  var changes: [String: String?] = [:]
  /// The fields that `keep` left; nil for all.
  var keptFields: Set<String>?

  init(_ row: OracleRow, stream: [String: String]) {
    self.row = row
    self.stream = stream
    form = row.form
    line = row.line
  }

  func value(_ name: String) -> String? {
    if let change = changes[name] { return change }
    if let own = stream[name] { return own }
    if name == "detected_level" { return row.level.detectedName.text }
    guard keptFields?.contains(name) != false else { return nil }
    return row.fields.first { $0.name == name }?.text
  }

  /// Empty when it is missing, as matchers and templates see it.
  func text(_ name: String) -> String { value(name) ?? "" }

  mutating func extract(_ name: String, _ value: String) {
    let name = stream[name] == nil ? name : name + "_extracted"
    if case .some(.some) = changes[name] { return }
    changes.updateValue(value, forKey: name)
  }

  func labels(_ joined: Set<String>) -> [String: String] {
    var labels = stream
    for name in joined where keptFields?.contains(name) != false {
      labels[name] = labels[name] ?? value(name)
    }
    for (name, value) in changes { labels[name] = value }
    return labels.filter { !$0.value.isEmpty }
  }
}

/// A stage: how it is written, which fields it makes join, and what it does; false takes the line
/// out.
struct OracleStage {
  var text: String
  var joins: [String] = []
  var apply: (inout OracleState) -> Bool
}

/// A selector with its stages.
struct OracleSelection {
  var selector: String
  /// What equality matchers say.
  var fixed: [String: String] = [:]
  var selects: ([String: String]) -> Bool
  var stages: [OracleStage] = []

  var text: String { selector + stages.map(\.text).joined() }
  var joins: [String] { stages.flatMap(\.joins) }

  /// The records that pass, as the stages left them.
  func passing(_ world: OracleWorld) -> [OracleState] {
    world.rows.compactMap { row in
      guard let stream = world.stream(of: row), selects(stream) else { return nil }
      var state = OracleState(row, stream: stream)
      for stage in stages where !stage.apply(&state) { return nil }
      return state
    }
  }
}

/// How labels make groups.
enum OracleGrouping {
  case all
  case by([String])
  case without([String])

  var text: String {
    switch self {
    case .all: ""
    case .by(let names): " by (\(names.joined(separator: ", ")))"
    case .without(let names): " without (\(names.joined(separator: ", ")))"
    }
  }

  var joins: [String] {
    if case .by(let names) = self { names } else { [] }
  }

  func key(_ labels: [String: String]) -> [String: String] {
    switch self {
    case .all: labels
    case .by(let names): labels.filter { names.contains($0.key) }
    case .without(let names): labels.filter { !names.contains($0.key) }
    }
  }
}

/// A vector: series by labels.
typealias OracleVector = [[String: String]: Double]

/// A range aggregation, with or without a label that is unwrapped.
struct OracleRange {
  var function: String
  var quantile = 0.0
  var selection: OracleSelection
  /// How `unwrap` is written, its label, and what its texts are worth.
  var unwrap: (text: String, label: String, number: (String) -> Double)?
  /// Seconds.
  var window: Int64
  var offset: Int64
  var grouping = OracleGrouping.all

  var text: String {
    let parameter = function == "quantile_over_time" ? "\(quantile), " : ""
    let unwrapped = unwrap.map { " | unwrap \($0.text)" } ?? ""
    let shift = offset == 0 ? "" : " offset \(offset)s"
    return "\(function)(\(parameter)\(selection.text)\(unwrapped) [\(window)s]\(shift))"
      + grouping.text
  }

  func vectors(_ world: OracleWorld) -> [OracleVector] {
    var found: [(time: Int64, key: [String: String], value: Double)] = []
    for state in selection.passing(world) {
      var labels = state.labels(world.joined)
      var value = Double(function.hasPrefix("bytes") ? state.line.utf8.count : 1)
      if let unwrap {
        guard let text = state.value(unwrap.label) else { continue }
        labels[unwrap.label] = nil
        value = unwrap.number(text)
      }
      found.append((state.row.time, grouping.key(labels), value))
    }
    found.sort { $0.time < $1.time }
    return world.instants.map { instant in
      let upper = (instant - offset * 1_000) * 1_000_000
      let held = found.filter { $0.time <= upper && $0.time > upper - window * 1_000_000_000 }
      if function == "absent_over_time" { return held.isEmpty ? [selection.fixed: 1] : [:] }
      return Dictionary(grouping: held, by: \.key).mapValues { reduce($0.map(\.value)) }
    }
  }

  private func reduce(_ values: [Double]) -> Double {
    let sum = values.reduce(0, +)
    switch function {
    case "rate", "bytes_rate": return sum / Double(window)
    case "avg_over_time": return sum / Double(values.count)
    case "min_over_time": return values.min() ?? 0
    case "max_over_time": return values.max() ?? 0
    case "first_over_time": return values[0]
    case "last_over_time": return values[values.count - 1]
    case "stdvar_over_time": return Self.variance(values)
    case "stddev_over_time": return Self.variance(values).squareRoot()
    case "quantile_over_time":
      let sorted = values.sorted()
      let rank = quantile * Double(sorted.count - 1)
      let low = Int(rank)
      let high = Swift.min(low + 1, sorted.count - 1)
      return sorted[low] + (sorted[high] - sorted[low]) * (rank - Double(low))
    default: return sum
    }
  }

  static func variance(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(values.count)
    return values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(values.count)
  }
}

/// A metric query: how it is written, which fields it makes join, and what it comes to.
struct OracleMetric {
  var text: String
  var joins: [String]
  /// For `topk` and `bottomk`, which of equal values are shown is left open: `vectors` are those to
  /// choose from.
  var chosen: (count: Int, isTop: Bool)?
  var vectors: (OracleWorld) -> [OracleVector]

  static func aggregate(
    _ function: String, _ vector: OracleVector, _ grouping: OracleGrouping
  ) -> OracleVector {
    var groups: [[String: String]: [Double]] = [:]
    for (labels, value) in vector { groups[grouping.key(labels), default: []].append(value) }
    return groups.mapValues { values in
      switch function {
      case "sum": values.reduce(0, +)
      case "avg": values.reduce(0, +) / Double(values.count)
      case "min": values.min() ?? 0
      case "max": values.max() ?? 0
      case "count": Double(values.count)
      case "stdvar": OracleRange.variance(values)
      default: OracleRange.variance(values).squareRoot()
      }
    }
  }

  static func combine(
    _ operation: String, _ left: OracleVector, _ right: OracleVector
  ) -> OracleVector {
    switch operation {
    case "and": return left.filter { right[$0.key] != nil }
    case "unless": return left.filter { right[$0.key] == nil }
    case "or": return left.merging(right) { own, _ in own }
    default:
      var out: OracleVector = [:]
      for (labels, value) in left {
        guard let other = right[labels] else { continue }
        out[labels] = apply(operation, value, other)
      }
      return out
    }
  }

  /// Nil where a comparison does not hold.
  static func apply(_ operation: String, _ left: Double, _ right: Double) -> Double? {
    switch operation {
    case "+": left + right
    case "-": left - right
    case "*": left * right
    case "/": right == 0 ? .nan : left / right
    case "> bool": left > right ? 1 : 0
    case ">": left > right ? left : nil
    default: left <= right ? left : nil
    }
  }
}
