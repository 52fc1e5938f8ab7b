import Bytes
import Model
import Querying

/// A request to the Loki API: what it asks of, what it may use, and what its answer lacks.
struct LokiRequest: Sendable {
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

  func scope() throws(QueryFault) -> Scope { try question.scope() }

  /// The range it asks of; nanoseconds.
  func span() throws(QueryFault) -> (from: Int64, to: Int64) {
    try LokiParameters.span(question, now: doors.now())
  }

  /// What an answer lacks, a sentence each.
  func warnings() throws(QueryFault) -> [String] { source.warnings(in: try scope()) }

  /// `query`, parsed.
  func expression() throws(QueryFault) -> LogExpression {
    try LogQL.parse(
      ByteString(question.parameter("query") ?? ""), regexBytes: lease.limits.regexBytes)
  }

  /// The selection of `query`; all streams when there is none.
  func selection() throws(QueryFault) -> LogSelection {
    try LogReading.selection(
      ByteString(question.parameter("query") ?? ""), regexBytes: lease.limits.regexBytes)
  }

  /// What the index and detecting calls read from.
  func reading() throws(QueryFault) -> LogReading {
    let span = try span()
    return LogReading(
      source: source, scope: try scope(), start: span.from, end: span.to, budget: lease.budget())
  }
}

extension Route {
  /// A path of the Loki API. `body` runs on a query thread; Loki answers errors as plain text.
  static func loki(
    _ path: String, _ doors: Doors, _ queries: QueryScheduler,
    _ body: @escaping @Sendable (LokiRequest) throws -> [UInt8]
  ) -> Route {
    Route(["GET", "POST"], "/loki/api/v1/" + path) { question in
      do {
        return .json(
          try await queries.run(of: question) { lease in
            try body(LokiRequest(question, doors, lease))
          })
      } catch let fault as QueryFault {
        return .text(fault.message, status: LokiAnswer.status(of: fault)).inviting(fault)
      }
    }
  }
}
