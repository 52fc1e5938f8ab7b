import Bytes
import Model
import Querying

/// A request to the Prometheus API: its parameters as Prometheus reads them, refused in its words.
struct PrometheusRequest: Sendable {
  let question: HTTPQuestion
  let doors: Doors
  /// What it reads from; it notes what was asked.
  let source: NotingSource
  /// What it may use.
  let lease: QueryLease

  init(_ question: HTTPQuestion, _ doors: Doors, _ lease: QueryLease) {
    self.question = question
    self.doors = doors
    self.lease = lease
    source = NotingSource(doors.source)
  }

  /// Now; milliseconds since 1970.
  var now: Int64 { doors.now() / Instant.millisecond }

  func parameter(_ name: String) -> String? { question.parameter(name) }

  func scope() throws(QueryFault) -> Scope { try question.scope() }

  /// What an answer lacks, a sentence each: what the source says, and what a limit cut off.
  func warnings(isCut: Bool) throws(QueryFault) -> [String] {
    source.warnings(in: try scope()) + (isCut ? ["results truncated due to limit"] : [])
  }

  /// A fault as one about a parameter.
  static func fault(_ name: String, _ message: String) -> QueryFault {
    QueryFault(.badData, "invalid parameter \"\(name)\": \(message)")
  }

  /// `query`, parsed.
  func expression() throws(QueryFault) -> PromQL.Expression {
    do {
      return try PromQL.parse(
        ByteString(parameter("query") ?? ""), regexBytes: lease.limits.regexBytes)
    } catch {
      throw QueryFault(
        error.kind, "invalid parameter \"query\": " + error.message, at: error.position)
    }
  }

  /// `limit`; 0 is none.
  func limit() throws(QueryFault) -> Int {
    guard let text = parameter("limit") else { return 0 }
    guard let limit = Self.count(text) else {
      throw Self.fault("limit", "strconv.Atoi: parsing \(Self.quoted(text)): invalid syntax")
    }
    guard limit >= 0 else { throw Self.fault("limit", "limit must be non-negative") }
    return limit
  }

  /// A whole number of a parameter; nil without one. Throws with the words of the metadata calls.
  func number(_ name: String) throws(QueryFault) -> Int? {
    guard let text = parameter(name) else { return nil }
    guard let number = Self.count(text) else {
      throw QueryFault(.badData, "\(name) must be a number")
    }
    return number
  }

  private static func count(_ text: String) -> Int? {
    let digits = text.hasPrefix("+") ? text.dropFirst() : text[...]
    return Numbers.integer(Array(digits.utf8).span).map(Int.init)
  }

  private static func quoted(_ text: String) -> String { Quoting.quote(ByteString(text)) }

  /// Milliseconds of a duration that fits into 64 bits of nanoseconds.
  private static func duration(_ text: String) -> Int64? {
    guard let milliseconds = TimeParameters.duration(text),
      milliseconds.multiplied(by: Instant.millisecond) != nil
    else { return nil }
    return milliseconds
  }

  /// Why a duration was not taken.
  private static func refusal(of text: String) -> String {
    let isNumber = Numbers.decimal(Array(text.utf8).span) != nil
    return "cannot parse \(quoted(text)) to a valid duration"
      + (isNumber ? ". It overflows int64" : "")
  }

  /// The budget of the query, from now on; `timeout` may only shorten its time.
  func budget() throws(QueryFault) -> Budget {
    guard let text = parameter("timeout") else { return lease.budget() }
    guard let stated = Self.duration(text) else {
      throw Self.fault("timeout", Self.refusal(of: text))
    }
    return lease.budget(timeout: max(1, stated).multiplied(by: Instant.millisecond))
  }

  /// `lookback_delta`; milliseconds. What is not positive means the usual one.
  func lookback() throws(QueryFault) -> Int64 {
    guard let text = parameter("lookback_delta") else { return PromQL.lookback }
    guard let stated = Self.duration(text) else {
      throw QueryFault(
        .badData, "error parsing lookback delta duration: " + Self.refusal(of: text))
    }
    return stated > 0 ? stated : PromQL.lookback
  }

  /// `start`, `end` and `step` of a range query.
  func times() throws(QueryFault) -> EvaluationTimes {
    let start = try TimeParameters.prometheusTime(parameter("start"), name: "start")
    let end = try TimeParameters.prometheusTime(parameter("end"), name: "end")
    guard end >= start else {
      throw Self.fault("end", "end timestamp must not be before start time")
    }
    let text = parameter("step") ?? ""
    guard let step = Self.duration(text) else { throw Self.fault("step", Self.refusal(of: text)) }
    guard step > 0 else {
      throw Self.fault(
        "step",
        "zero or negative query resolution step widths are not accepted. Try a positive integer")
    }
    return try EvaluationTimes(from: start, through: end, step: step)
  }

  /// `start` and `end` of a metadata call; all time when none is given.
  func span() throws(QueryFault) -> (from: Int64, through: Int64) {
    (
      try TimeParameters.prometheusTime(
        parameter("start"), name: "start", default: TimeParameters.earliest),
      try TimeParameters.prometheusTime(
        parameter("end"), name: "end", default: TimeParameters.latest)
    )
  }

  /// `match[]`.
  func selectors() throws(QueryFault) -> [PromQL.Selector] {
    var selectors: [PromQL.Selector] = []
    for text in question.all("match") {
      selectors.append(
        try PromQL.selector(ByteString(text), regexBytes: lease.limits.regexBytes))
    }
    return selectors
  }
}

extension Route {
  /// A path of the Prometheus API. `body` runs on a query thread; no bytes are an answer without
  /// content, a fault becomes the API's own form of an error.
  static func prometheus(
    _ methods: [String], _ path: String, _ doors: Doors, _ queries: QueryScheduler,
    _ body: @escaping @Sendable (PrometheusRequest) throws -> [UInt8]
  ) -> Route {
    Route(methods, "/api/v1/" + path) { question in
      do {
        let answer = try await queries.run(of: question) { lease in
          try body(PrometheusRequest(question, doors, lease))
        }
        return answer.isEmpty ? .text("", status: 204) : .json(answer)
      } catch let fault as QueryFault {
        return .json(PrometheusAnswer.failure(fault), status: PrometheusAnswer.status(of: fault))
          .inviting(fault)
      }
    }
  }
}

extension QueryScheduler {
  /// Runs the work of a request as its tenant; it is cancelled when the client leaves.
  func run<Result: Sendable>(
    of question: HTTPQuestion, _ work: @escaping @Sendable (QueryLease) throws -> Result
  ) async throws -> Result {
    let cancellation = Cancellation()
    let scope = try question.scope()
    await question.watchClient(cancellation)
    return try await run(for: scope, cancellation: cancellation, work)
  }
}

extension HTTPAnswer {
  /// Says when to ask again, of a fault that passes (RFC 9110, 10.2.3).
  func inviting(_ fault: QueryFault) -> HTTPAnswer {
    guard fault.kind == .unavailable else { return self }
    var answer = self
    answer.headers.append(("Retry-After", "2"))
    return answer
  }
}
