import Bytes
import Judging
import Model
import Querying

/// A file of rule unit tests in promtool's format ("Unit testing rules" of the Prometheus docs),
/// with log lines and deploys as further input. Times are milliseconds since the test's start.
struct RuleTestFile {
  /// One test of the file.
  struct Case {
    var name = ""
    var interval: Int64 = 60_000
    var series: [(labels: Labels, values: [Double?])] = []
    var logs: [LogInput] = []
    var deploys: [DeployEvent] = []
    var alertTests: [AlertTest] = []
    var expressionTests: [ExpressionTest] = []
    var externalLabels = Labels.empty
    var externalURL = ""
    var line = 0
  }

  /// A log line, perhaps repeated.
  struct LogInput {
    var time: Int64 = 0
    var every: Int64 = 0
    var count = 1
    var level = Level.info
    var parts: [String: ByteString] = [:]
    var fields: [Label] = []
  }
  /// Which alerts must fire at an instant.
  struct AlertTest {
    let time: Int64
    let name: ByteString
    let expected: [(labels: Labels, annotations: Labels)]
    let line: Int
  }
  /// What a query must give at an instant.
  struct ExpressionTest {
    let expression: RuleExpression
    let time: Int64
    let expected: [(labels: Labels, value: Double)]
    let line: Int
  }

  var ruleFiles: [String] = []
  var evaluationInterval: Int64 = 60_000
  var groupOrder: [String] = []
  var cases: [Case] = []

  /// Reads a file strictly; throws the first thing that is wrong.
  init(_ bytes: [UInt8], file: String) throws(YAMLFault) {
    let root = try YAMLNode.document(bytes, file: file).mapping([
      "rule_files", "evaluation_interval", "group_eval_order", "tests", "fuzzy_compare",
      "start_timestamp",
    ])
    for node in try root["rule_files"]?.elements() ?? [] { ruleFiles.append(try node.text()) }
    if let node = root["evaluation_interval"] { evaluationInterval = try Self.duration(node) }
    for node in try root["group_eval_order"]?.elements() ?? [] {
      groupOrder.append(try node.text())
    }
    for node in try root["tests"]?.elements() ?? [] { cases.append(try Self.test(node)) }
  }

  private static func test(_ node: YAMLNode) throws(YAMLFault) -> Case {
    let mapping = try node.mapping([
      "name", "interval", "input_series", "input_logs", "deploys", "alert_rule_test",
      "promql_expr_test", "logql_expr_test", "external_labels", "external_url",
      "start_timestamp",
    ])
    if let start = mapping["start_timestamp"] {
      throw start.fault("start_timestamp is not supported yet: tests begin at 1970-01-01")
    }
    var test = Case()
    test.line = node.line
    test.name = try mapping["name"]?.text() ?? ""
    if let interval = mapping["interval"] { test.interval = try duration(interval) }
    test.externalURL = try mapping["external_url"]?.text() ?? ""
    if let labels = mapping["external_labels"] { test.externalLabels = try Self.labels(labels) }
    for node in try mapping["input_series"]?.elements() ?? [] {
      test.series.append(try series(node))
    }
    for node in try mapping["input_logs"]?.elements() ?? [] { test.logs.append(try log(node)) }
    for node in try mapping["deploys"]?.elements() ?? [] { test.deploys.append(try deploy(node)) }
    for node in try mapping["alert_rule_test"]?.elements() ?? [] {
      test.alertTests.append(try alertTest(node))
    }
    for (key, language) in [("promql_expr_test", Language.promql), ("logql_expr_test", .logql)] {
      for node in try mapping[key]?.elements() ?? [] {
        test.expressionTests.append(try expressionTest(node, language))
      }
    }
    return test
  }

  private static func series(
    _ node: YAMLNode
  ) throws(YAMLFault) -> (labels: Labels, values: [Double?]) {
    let mapping = try node.mapping(["series", "values"])
    let text = try mapping.required("series")
    guard let labels = SeriesNotation.labels(try text.text()) else {
      throw text.fault("not a series: \(try text.text())")
    }
    let notation = try mapping.required("values")
    guard let values = SeriesNotation.values(try notation.text()) else {
      throw notation.fault("not values of a series (native histograms are not supported yet)")
    }
    return (labels, values)
  }

  private static func log(_ node: YAMLNode) throws(YAMLFault) -> LogInput {
    let mapping = try node.mapping([
      "time", "every", "count", "tenant", "service", "environment", "host", "level", "logger",
      "release", "fields", "message",
    ])
    var input = LogInput()
    if let time = mapping["time"] { input.time = try duration(time) }
    if let every = mapping["every"] { input.every = try duration(every) }
    if let node = mapping["count"] {
      let count = try node.integer()
      guard count >= 1, count <= 100_000 else { throw node.fault("count is 1 to 100000") }
      input.count = Int(count)
    }
    for key in ["tenant", "service", "environment", "host", "logger", "release", "message"] {
      if let node = mapping[key] { input.parts[key] = ByteString(try node.text()) }
    }
    if let node = mapping["level"] {
      input.level = Level(parsing: Array(try node.text().utf8).span)
      guard input.level != .unknown else { throw node.fault("not a level") }
    }
    for pair in try mapping["fields"]?.mapping().pairs ?? [] {
      input.fields.append(Label(ByteString(pair.key), ByteString(try pair.value.text())))
    }
    return input
  }

  private static func deploy(_ node: YAMLNode) throws(YAMLFault) -> DeployEvent {
    let mapping = try node.mapping(["release", "service", "environment", "tenants", "at"])
    var tenants: [ByteString]?
    if let list = mapping["tenants"] {
      tenants = []
      for tenant in try list.elements() { tenants?.append(ByteString(try tenant.text())) }
    }
    let at = try mapping["at"].map { node throws(YAMLFault) in try duration(node) } ?? 0
    return DeployEvent(
      service: ByteString(try mapping["service"]?.text() ?? "odoo"),
      environment: ByteString(try mapping["environment"]?.text() ?? ""), tenants: tenants,
      instances: nil, release: ByteString(try mapping.required("release").text()), previous: nil,
      kind: .deploy, start: at.multiplied(by: 1_000_000) ?? 0, end: nil)
  }

  private static func alertTest(_ node: YAMLNode) throws(YAMLFault) -> AlertTest {
    let mapping = try node.mapping(["eval_time", "alertname", "exp_alerts"])
    let name = ByteString(try mapping.required("alertname").text())
    var expected: [(labels: Labels, annotations: Labels)] = []
    for alert in try mapping["exp_alerts"]?.elements() ?? [] {
      let parts = try alert.mapping(["exp_labels", "exp_annotations"])
      let labels = try parts["exp_labels"].map { n throws(YAMLFault) in try Self.labels(n) }
      let annotations = try parts["exp_annotations"].map { n throws(YAMLFault) in
        try Self.labels(n)
      }
      expected.append(
        ((labels ?? .empty).setting("alertname", name), annotations ?? .empty))
    }
    let time = try mapping["eval_time"].map { n throws(YAMLFault) in try duration(n) } ?? 0
    return AlertTest(time: time, name: name, expected: expected, line: node.line)
  }

  private static func expressionTest(
    _ node: YAMLNode, _ language: Language
  ) throws(YAMLFault) -> ExpressionTest {
    let mapping = try node.mapping(["expr", "eval_time", "exp_samples"])
    let text = try mapping.required("expr")
    let expression: RuleExpression
    do {
      expression = try RuleExpression(ByteString(try text.text()), language)
    } catch let fault as QueryFault {
      throw text.fault("expr: \(fault.message)")
    } catch let fault as YAMLFault {
      throw fault
    } catch {
      throw text.fault("\(error)")
    }
    var expected: [(labels: Labels, value: Double)] = []
    for sample in try mapping["exp_samples"]?.elements() ?? [] {
      let parts = try sample.mapping(["labels", "value", "histogram"])
      if let histogram = parts["histogram"] {
        throw histogram.fault("native histograms are not supported yet")
      }
      let notation = try parts["labels"]?.text() ?? ""
      guard let labels = SeriesNotation.labels(notation) else {
        throw sample.fault("not labels: \(notation)")
      }
      let number = try parts["value"]?.text() ?? "0"
      guard let value = Numbers.prometheusFloat(Array(number.utf8).span) else {
        throw sample.fault("not a value: \(number)")
      }
      expected.append((labels, value))
    }
    let time = try mapping["eval_time"].map { n throws(YAMLFault) in try duration(n) } ?? 0
    return ExpressionTest(
      expression: expression, time: time, expected: expected, line: node.line)
  }

  private static func labels(_ node: YAMLNode) throws(YAMLFault) -> Labels {
    var pairs: [Label] = []
    for pair in try node.mapping().pairs {
      pairs.append(
        Label(ByteString(pair.key), ByteString(pair.value.isNull ? "" : try pair.value.text())))
    }
    return Labels(pairs)
  }

  private static func duration(_ node: YAMLNode) throws(YAMLFault) -> Int64 {
    let text = try node.text()
    if text == "0" { return 0 }
    guard
      let time = DurationText.nanoseconds(Array(text.utf8).span, dialect: .promql), time >= 0
    else { throw node.fault("\"\(text)\" is not a duration such as 30s, 5m or 1h30m") }
    return time / 1_000_000
  }
}
