import Bytes
import Model
import Querying
import Support

/// Log records in memory, some to a batch.
struct LogRecords: Source {
  var batches: [Batch] = []
  var timeline = Timeline.empty
  var tenants: [ByteString] { [] }

  func series(
    in scope: Scope, metric: ByteString?, from: Int64, through: Int64,
    where accepts: @escaping @Sendable (ByteString, Labels) -> Bool
  ) throws -> [StoredSeries] { [] }

  func scan(
    in scope: Scope, from: Int64, to: Int64, visit: (Batch) throws -> Bool
  ) throws {
    for batch in batches { if try !visit(batch) { return } }
  }
}

extension Batch {
  /// Appends a record as the scripts write them: `t` in seconds, the names of the record's parts,
  /// and fields for all others.
  mutating func append(script value: JSONValue) {
    var record = Record(time: 0, receivedAt: 0)
    for member in value.members ?? [] {
      let text: ByteString
      var kind = FieldKind.text
      switch member.value {
      case .string(let string): text = string
      case .number(let digits):
        text = digits
        kind = digits.bytes.contains(46) ? .decimal : .integer
      case .boolean(let flag):
        text = flag ? "true" : "false"
        kind = .boolean
      default: continue
      }
      switch member.key.text {
      case "t": record.time = nanoseconds(text.text)
      case "level":
        let bytes = text.bytes
        record.level = Level(parsing: bytes.span)
      case "tenant": record.tenant = intern(text)
      case "service": record.service = intern(text)
      case "environment": record.environment = intern(text)
      case "host": record.host = intern(text)
      case "logger": record.logger = intern(text)
      case "release": record.release = intern(text)
      case "message": record.message = intern(text)
      // A field of a name that is taken, as the field `tenant` under a scope.
      case "field_tenant": addField("tenant" as StaticString, intern(text), kind)
      default: addField(intern(member.key), intern(text), kind)
      }
    }
    append(record: record)
  }
}

extension DeployEvent {
  /// A deploy as the scripts write it: `start` in seconds, no service is `odoo`.
  init(script value: JSONValue) {
    self.init(
      service: value["service"]?.bytes ?? "odoo",
      environment: value["environment"]?.bytes ?? .empty,
      tenants: value["tenants"]?.elements?.compactMap(\.bytes),
      instances: value["instances"]?.elements?.compactMap(\.bytes),
      release: value["release"]?.bytes ?? .empty, previous: nil, kind: .deploy,
      start: (value["start"]?.integer ?? 0) * Instant.second, end: nil)
  }
}

/// Seconds, with a fraction, as nanoseconds.
func nanoseconds(_ seconds: String) -> Int64 {
  Instant.parseEpoch(Array(seconds.utf8).span) ?? 0
}

/// A script of `scope`, `load`, `deploy` and `eval` blocks, one blank line between them:
///
///     eval logs from 0 to 100 backward limit 5 {service="odoo"} |= "x"
///     eval instant at 60 count_over_time({service="odoo"}[1m])
///     eval range from 0 to 60 step 10 rate({service="odoo"}[1m])
///
/// What an `eval` answers stands indented below it.
struct LogQLScript {
  private var source = LogRecords()
  private var scope = Scope.fleet
  private var events: [DeployEvent] = []
  private(set) var evals = 0

  /// The script with the answers that its queries give now.
  static func replay(_ script: String) throws -> (text: String, evals: Int) {
    var run = LogQLScript()
    var out: [String] = []
    var isAnswer = false
    for line in script.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("  {\"") {
        if run.source.batches.isEmpty { run.source.batches.append(Batch()) }
        run.source.batches[run.source.batches.count - 1].append(
          script: try JSONValue(parsing: Array(line.utf8)))
      } else if isAnswer, line.hasPrefix("  ") {
        continue
      }
      isAnswer = line.hasPrefix("eval ")
      out.append(String(line))
      if line == "clear" {
        run = LogQLScript(evals: run.evals)
      } else if line == "load" {
        run.source.batches.append(Batch())
      } else if line.hasPrefix("scope ") {
        let name = line.dropFirst(6)
        run.scope = name == "fleet" ? .fleet : .tenant(ByteString(String(name)))
      } else if line.hasPrefix("deploy ") {
        run.deploy(try JSONValue(parsing: Array(line.dropFirst(7).utf8)))
      } else if isAnswer {
        run.evals += 1
        out += run.answer(String(line.dropFirst(5))).map { "  " + $0 }
      }
    }
    return (out.joined(separator: "\n"), run.evals)
  }

  private init(evals: Int = 0) {
    self.evals = evals
  }

  private mutating func deploy(_ value: JSONValue) {
    events.append(DeployEvent(script: value))
    source.timeline = Timeline(events)
  }

  private func answer(_ line: String) -> [String] {
    var words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    func take() -> String { words.isEmpty ? "" : words.removeFirst() }
    let kind = take()
    var options: [String: String] = [:]
    while let word = words.first, ["from", "to", "at", "step", "limit"].contains(word) {
      words.removeFirst()
      options[word] = take()
    }
    var direction = LogQL.Direction.forward
    if let word = words.first, let own = LogQL.Direction(rawValue: word) {
      direction = own
      words.removeFirst()
    }
    if words.first == "limit" {
      words.removeFirst()
      options["limit"] = take()
    }
    let query = ByteString(words.joined(separator: " "))
    func time(_ name: String) -> Int64 { nanoseconds(options[name] ?? "0") }
    do {
      let expression = try LogQL.parse(query)
      let value: QueryValue
      switch kind {
      case "logs":
        value = try LogQL.lines(
          expression, from: source, scope: scope, start: time("from"), end: time("to"),
          limit: Int(options["limit"] ?? "100") ?? 0, direction: direction)
      case "instant":
        value = try LogQL.evaluate(
          expression, from: source, scope: scope,
          times: EvaluationTimes(at: time("at") / 1_000_000), isInstant: true)
      default:
        value = try LogQL.evaluate(
          expression, from: source, scope: scope,
          times: EvaluationTimes(
            from: time("from") / 1_000_000, through: time("to") / 1_000_000,
            step: time("step") / 1_000_000), isInstant: false)
      }
      return Self.text(value)
    } catch {
      return ["fail " + ((error as? QueryFault)?.message ?? "\(error)")]
    }
  }

  private static func text(_ value: QueryValue) -> [String] {
    switch value {
    case .scalar(let point): ["scalar " + Numbers.text(point.value)]
    case .string(let text, _): ["string " + text.text]
    case .vector(let elements):
      elements.map { LabelsText.text($0.labels) + " " + Numbers.text($0.point.value) }
    case .matrix(let matrix):
      matrix.map { series in
        LabelsText.text(series.labels)
          + series.points.map { " \(Numbers.text($0.value))@\($0.time / 1_000)" }.joined()
      }
    case .streams(let streams):
      streams.flatMap { stream in
        [LabelsText.text(stream.labels)]
          + stream.lines.map { line in
            "  @\(Numbers.text(Double(line.time) / 1e9)) \(Quoting.quote(line.text))"
          }
      }
    }
  }
}
