import Alerting
import Bytes
import Model
import Querying
import Synchronization
import Testing

/// Series that hold one value each at every time, or a storage that is away.
final class StubSource: Source {
  private struct State {
    var values: [Labels: Double] = [:]
    var isAway = false
  }

  private let state = Mutex(State())
  let timeline = Timeline.empty
  var tenants: [ByteString] { ["acme"] }

  /// The series `metric{name=value}` of these names, each with its value; nothing else is there.
  func hold(_ metric: ByteString, by name: ByteString = "part", _ values: [String: Double]) {
    state.withLock { state in
      state.isAway = false
      state.values = [:]
      for (part, value) in values { state.values[Self.labels(metric, name, part)] = value }
    }
  }

  func add(_ labels: Labels, _ value: Double) {
    state.withLock { $0.values[labels] = value }
  }

  func fail() {
    state.withLock { $0.isAway = true }
  }

  private static func labels(_ metric: ByteString, _ name: ByteString, _ part: String) -> Labels {
    Labels([Label(Labels.metricName, metric), Label(name, ByteString(part))])
  }

  func series(
    in scope: Scope, metric: ByteString?, from: Int64, through: Int64,
    where accepts: @escaping @Sendable (ByteString, Labels) -> Bool
  ) throws -> [StoredSeries] {
    let state = state.withLock { $0 }
    if state.isAway { throw QueryFault(.execution, "the storage is away") }
    return state.values.filter { accepts("acme", $0.key) }.map { labels, value in
      StoredSeries(tenant: "acme", labels: labels, times: [through], values: [value])
    }
  }

  func scan(in scope: Scope, from: Int64, to: Int64, visit: (Batch) throws -> Bool) throws {}
}

/// A book over made-up series, with the rows a store would keep.
struct AlertingWorld {
  /// 2026-01-01T00:00:00Z.
  static let start: Int64 = 1_767_225_600 * Instant.second

  var book = AlertBook()
  let source = StubSource()
  var group: RuleGroup
  private(set) var rows: [ByteString: ByteString] = [:]

  /// A group of the rules of a YAML list.
  init(_ rules: String, group keys: String = "") throws {
    group = try Self.group(rules, keys)
  }

  static func group(_ rules: String, _ keys: String = "", name: String = "g") throws -> RuleGroup {
    let lines = rules.split(separator: "\n").map { "  - \($0)\n" }.joined()
    let text = "groups:\n- name: \(name)\n\(keys.isEmpty ? "" : "  \(keys)\n")  rules:\n\(lines)"
    let (file, faults) = RuleFile.parse(Array(text.utf8), file: "a.yml")
    #expect(faults == [])
    return try #require(file?.groups.first)
  }

  /// Evaluates the group so many seconds after the start.
  @discardableResult
  mutating func evaluate(
    after seconds: Int64, record: ([VectorElement]) throws -> Void = { _ in }
  ) -> GroupEvaluation {
    let outcome = book.evaluate(
      group, over: source, now: Self.start + seconds * Instant.second, record: record)
    for row in outcome.changed { rows[row.key] = row.body }
    for key in outcome.removed { rows[key] = nil }
    return outcome
  }

  /// The process dies and comes back with what was stored.
  mutating func restart() {
    book = AlertBook(restoring: rows.sorted { $0.key < $1.key }.map(\.value))
  }

  mutating func keepOnly(_ groups: [RuleGroup]) {
    for key in book.keepOnly(groups) { rows[key] = nil }
  }

  var alerts: [ActiveAlert] { book.alerts(of: group, place: 0) }
}

/// What an expression does at a step of a script.
enum Step: Character, CaseIterable, Sendable {
  case holds = "h"
  case not = "n"
  case fails = "f"

  func apply(to source: StubSource) {
    switch self {
    case .holds: source.hold("signal", ["a": 1])
    case .not: source.hold("signal", ["a": 0])
    case .fails: source.fail()
    }
  }
}
