package import Bytes
import Foundation
package import Model
package import Querying

/// What a script's samples are loaded into, and what answers its queries.
package protocol PromQLScriptTarget {
  /// Forgets all that was loaded.
  mutating func clear() async throws
  /// Adds samples (milliseconds) to series of tenants.
  mutating func load(_ series: [StoredSeries]) async throws
  /// Tells of a deploy, as the script writes it.
  mutating func deploy(_ event: JSONValue) async throws
  /// Throws a `QueryFault` where the query fails.
  func answer(
    _ query: ByteString, scope: Scope, times: EvaluationTimes, isInstant: Bool
  ) async throws -> PromQL.Answer
}

/// Runs scripts of `load`, `clear` and `eval`, as Prometheus' own tests are written. Ours may also
/// say `scope fleet` (or a tenant's name), where the label `tenant` of what is loaded says whose it
/// is, and `deploy {"release":"1.0","start":60}`.
package struct PromQLScript {
  /// How a script went.
  package struct Tally: Sendable {
    package var right = 0
    package var total = 0
    /// Cases about native histograms, which are evaluated elsewhere.
    package var native = 0
    package var failures: [String] = []
  }

  private var target: any PromQLScriptTarget
  private var histograms: Set<ByteString> = []
  private var tally = Tally()
  private let lines: [String]
  private var next = 0
  private var scope: Scope = .tenant("t")

  private init(_ text: String, _ target: any PromQLScriptTarget) {
    self.target = target
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// Throws what the target throws but for a query's fault.
  package static func run(
    _ text: String, on target: any PromQLScriptTarget
  ) async throws -> Tally {
    var script = PromQLScript(text, target)
    while script.next < script.lines.count { try await script.command() }
    return script.tally
  }

  private static func trim(_ line: String) -> String {
    line.trimmingCharacters(in: .whitespaces)
  }

  /// The lines of a block: up to an empty line, comments left out.
  private mutating func block() -> [String] {
    var block: [String] = []
    while next < lines.count {
      let line = Self.trim(lines[next])
      if line.isEmpty { break }
      next += 1
      if !line.hasPrefix("#") { block.append(line) }
    }
    return block
  }

  private mutating func command() async throws {
    let number = next + 1
    let line = Self.trim(lines[next])
    next += 1
    let words = line.split(separator: " ", maxSplits: 1).map(String.init)
    guard let verb = words.first, !verb.hasPrefix("#") else { return }
    switch verb {
    case "clear":
      try await target.clear()
      histograms = []
    case "scope" where words.count > 1:
      scope = words[1] == "fleet" ? .fleet : .tenant(ByteString(words[1]))
    case "deploy" where words.count > 1:
      guard let value = try? JSONValue(parsing: Array(words[1].utf8)) else {
        tally.failures.append("line \(number): not a deploy")
        return
      }
      try await target.deploy(value)
    case "load": try await load(words.count > 1 ? words[1] : "")
    case _ where verb.hasPrefix("eval"):
      var expectation = PromQLExpectation(block())
      if verb == "eval_fail" { expectation.fails = true }
      try await evaluate(words.count > 1 ? words[1] : "", expectation, line: number)
    default: tally.failures.append("line \(number): unknown command \(verb)")
    }
  }

  private mutating func load(_ step: String) async throws {
    let step = Self.milliseconds(step)
    var loaded: [StoredSeries] = []
    for line in block() {
      guard let step, let series = PromQLNotation(line) else {
        tally.failures.append("cannot load \(line)")
        continue
      }
      if series.hasHistograms, let name = series.labels["__name__"] { histograms.insert(name) }
      var times: [Int64] = []
      var values: [Double] = []
      for case (let index, let value?) in series.values.enumerated() {
        times.append(Int64(index) * step)
        values.append(value)
      }
      let tenant = scope == .fleet ? series.labels["tenant"] : nil
      loaded.append(
        StoredSeries(
          tenant: tenant ?? "t",
          labels: scope == .fleet ? series.labels.setting("tenant", nil) : series.labels,
          times: times, values: values))
    }
    try await target.load(loaded)
  }

  package static func milliseconds(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    if let duration = DurationText.nanoseconds(bytes.span, dialect: .promql) {
      return duration / 1_000_000
    }
    return Numbers.decimal(bytes.span).map { Int64(($0 * 1_000).rounded()) }
  }

  private mutating func evaluate(
    _ command: String, _ expectation: PromQLExpectation, line: Int
  ) async throws {
    var words = command.split(separator: " ", omittingEmptySubsequences: true)[...]
    var times: EvaluationTimes?
    let isInstant = words.first == "instant"
    if isInstant, words.count > 3 {
      times = Self.milliseconds(String(words[2])).map { EvaluationTimes(at: $0) }
      words = words.dropFirst(3)
    } else if words.count > 7 {
      let numbers = [2, 4, 6].map { Self.milliseconds(String(words[$0])) }
      if let from = numbers[0], let to = numbers[1], let step = numbers[2] {
        times = try? EvaluationTimes(from: from, through: to, step: step)
      }
      words = words.dropFirst(7)
    }
    guard let start = words.first?.startIndex, let times else {
      tally.failures.append("line \(line): cannot read \(command)")
      return
    }
    let query = ByteString(String(command[start...]))
    let problem: String?
    // A query that cannot be read is still asked: its fault is the target's to find.
    let expression = try? PromQL.parse(query)
    if let expression, expectation.mentionsHistograms || touchesHistograms(expression) {
      tally.native += 1
      return
    }
    do {
      let answer = try await target.answer(
        query, scope: scope, times: times, isInstant: isInstant)
      problem = expectation.problem(with: answer, times: times)
    } catch let fault as QueryFault {
      problem = expectation.problem(with: fault)
    }
    tally.total += 1
    if let problem {
      tally.failures.append("line \(line): \(query): \(problem)")
    } else {
      tally.right += 1
    }
  }

  private func touchesHistograms(_ expression: PromQL.Expression) -> Bool {
    !histograms.isEmpty
      && PromQLExpectation.selectors(expression).contains {
        $0.metric.map(histograms.contains) ?? true
      }
  }
}
