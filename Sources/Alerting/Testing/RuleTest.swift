import Judging
import Bytes
import Model
import Querying

/// Runs rule unit tests.
package enum RuleTest {
  /// Evaluations of one test; a test that would need more has its interval wrong.
  private static let evaluationLimit: Int64 = 200_000

  /// What a test file came to.
  package struct Report: Sendable {
    /// What is wrong with the file or its rules, or failed, each a few lines.
    package var failures: [String] = []
    package var caseCount = 0
  }

  /// Runs a test file; `read` gives the bytes of a rule file that it names, relative to it.
  package static func run(
    _ bytes: [UInt8], file: String, read: (String) -> [(path: String, bytes: [UInt8])]
  ) -> Report {
    var report = Report()
    let tests: RuleTestFile
    do throws(YAMLFault) {
      tests = try RuleTestFile(bytes, file: file)
    } catch {
      report.failures.append(error.description)
      return report
    }
    var groups: [RuleGroup] = []
    for pattern in tests.ruleFiles {
      let found = read(pattern)
      if found.isEmpty { report.failures.append("\(file): no rule file \(pattern)") }
      for source in found {
        let (rules, faults) = RuleFile.parse(source.bytes, file: source.path)
        report.failures += faults.map(\.description)
        groups += rules?.groups ?? []
      }
    }
    guard report.failures.isEmpty else { return report }
    let order = tests.groupOrder
    groups = groups.enumerated().sorted { left, right in
      let first = order.firstIndex(of: left.element.name) ?? order.count
      let second = order.firstIndex(of: right.element.name) ?? order.count
      return first == second ? left.offset < right.offset : first < second
    }.map(\.element)
    for test in tests.cases {
      report.caseCount += 1
      let failures = RuleTestRun(test, groups, tests.evaluationInterval).run(limit: evaluationLimit)
      let name = test.name.isEmpty ? "" : " \(test.name):"
      report.failures += failures.map { "\(file):\(test.line):\(name) \($0)" }
    }
    return report
  }
}

/// One test case: its input, the evaluations, the comparisons.
private struct RuleTestRun {
  private let test: RuleTestFile.Case
  private let groups: [RuleGroup]
  private let interval: Int64
  private let source: SeriesFixture
  private let values: TemplateValues

  init(_ test: RuleTestFile.Case, _ groups: [RuleGroup], _ interval: Int64) {
    self.test = test
    self.groups = groups
    self.interval = max(1, interval)
    source = SeriesFixture(timeline: Timeline(test.deploys))
    values = TemplateValues(
      labels: .empty, value: 0, externalLabels: test.externalLabels,
      externalURL: test.externalURL)
    for (labels, values) in test.series {
      let places = values.indices.filter { values[$0] != nil }
      source.add(
        labels, times: places.map { Int64($0) * test.interval },
        values: places.compactMap { values[$0] })
    }
    for log in test.logs { source.add(Self.batch(log)) }
  }

  private static func batch(_ log: RuleTestFile.LogInput) -> Batch {
    var batch = Batch()
    for number in 0..<log.count {
      let offset = Int64(number).multiplied(by: log.every)?.adding(log.time) ?? log.time
      let time = offset.multiplied(by: 1_000_000) ?? 0
      for field in log.fields {
        let kind: FieldKind =
          Numbers.integer(field.value.bytes.span) != nil
          ? .integer : Numbers.decimal(field.value.bytes.span) != nil ? .decimal : .text
        let name = batch.intern(field.name)
        let value = batch.intern(field.value)
        batch.addField(name, value, kind)
      }
      var record = Record(time: time, receivedAt: time)
      record.level = log.level
      record.tenant = batch.intern(log.parts["tenant"] ?? Tenant.platform)
      record.service = batch.intern(log.parts["service"] ?? "odoo")
      record.environment = batch.intern(log.parts["environment"] ?? .empty)
      record.host = batch.intern(log.parts["host"] ?? .empty)
      record.logger = batch.intern(log.parts["logger"] ?? .empty)
      record.release = batch.intern(log.parts["release"] ?? .empty)
      record.message = batch.intern(log.parts["message"] ?? .empty)
      batch.append(record: record)
    }
    return batch
  }

  func run(limit: Int64) -> [String] {
    let times = test.alertTests.map(\.time) + test.expressionTests.map(\.time)
    // Without any expectation the rules are still evaluated once, for their errors.
    let last = times.max() ?? 0
    guard last / interval < limit else {
      return ["eval_time \(last / 1_000)s needs more than \(limit) evaluations"]
    }
    var failures: [String] = []
    var book = AlertBook()
    var time: Int64 = 0
    while time <= last {
      for group in groups {
        let now = time.multiplied(by: 1_000_000) ?? .max
        let outcome = book.evaluate(group, over: source, now: now, values: values) { recorded in
          for element in recorded {
            source.add(element.labels, times: [element.point.time], values: [element.point.value])
          }
        }
        failures += outcome.failures.map { "at \(DurationText.text(milliseconds: time)): \($0)" }
      }
      guard failures.isEmpty else { return failures }
      for expected in test.alertTests
      where expected.time >= time && expected.time < time + interval {
        failures += check(expected, book)
      }
      time += interval
    }
    for expected in test.expressionTests { failures += check(expected) }
    return failures
  }

  private func check(_ expected: RuleTestFile.AlertTest, _ book: AlertBook) -> [String] {
    var got: [(labels: Labels, annotations: Labels)] = []
    for group in groups {
      for (place, rule) in group.rules.enumerated()
      where rule.kind == .alerting && rule.name == expected.name {
        for alert in book.alerts(of: group, place: place) where alert.state == .firing {
          got.append((alert.labels, alert.annotations))
        }
      }
    }
    let wanted = expected.expected.map { Self.text($0.labels, $0.annotations) }.sorted()
    let found = got.map { Self.text($0.labels, $0.annotations) }.sorted()
    guard wanted != found else { return [] }
    return [
      "line \(expected.line): alertname: \(expected.name.text), time: "
        + "\(DurationText.text(milliseconds: expected.time)),\n"
        + "        exp: \(Self.list(wanted))\n        got: \(Self.list(found))"
    ]
  }

  private func check(_ expected: RuleTestFile.ExpressionTest) -> [String] {
    let vector: [VectorElement]
    do {
      vector = try expected.expression.evaluate(over: source, scope: .fleet, at: expected.time)
    } catch {
      let text = (error as? QueryFault)?.message ?? "\(error)"
      return ["line \(expected.line): expr: \(expected.expression.text.text): \(text)"]
    }
    let wanted = expected.expected.sorted { $0.labels < $1.labels }
    let found = vector.map { (labels: $0.labels, value: $0.point.value) }
      .sorted { $0.labels < $1.labels }
    let isEqual =
      wanted.count == found.count
      && zip(wanted, found).allSatisfy {
        $0.labels == $1.labels && Self.isClose($0.value, $1.value)
      }
    guard !isEqual else { return [] }
    return [
      "line \(expected.line): expr: \(expected.expression.text.text), time: "
        + "\(DurationText.text(milliseconds: expected.time)),\n"
        + "        exp: \(Self.list(wanted.map(Self.text)))\n"
        + "        got: \(Self.list(found.map(Self.text)))"
    ]
  }

  private static func isClose(_ left: Double, _ right: Double) -> Bool {
    if left == right || (left.isNaN && right.isNaN) { return true }
    return abs(left - right) <= 1e-12 * max(abs(left), abs(right))
  }

  private static func text(_ labels: Labels, _ annotations: Labels) -> String {
    "Labels:\(LabelsText.text(labels)) Annotations:\(LabelsText.text(annotations))"
  }

  private static func text(_ sample: (labels: Labels, value: Double)) -> String {
    "\(LabelsText.text(sample.labels)) \(Numbers.text(sample.value))"
  }

  private static func list(_ items: [String]) -> String {
    items.isEmpty ? "nil" : "[\(items.joined(separator: ",\n             "))]"
  }
}
