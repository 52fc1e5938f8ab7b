import Querying

/// Whether a signal can be counted.
package enum SignalCheck {
  /// Throws unless the text parses and is, in LogQL, a query for lines or, in PromQL, a selector of
  /// counters.
  package static func check(_ signal: BusinessProcess.Signal) throws {
    switch signal.language {
    case .logql:
      guard case .lines = try LogQL.parse(signal.text) else {
        throw QueryFault(.badData, "expected a query for log lines, which are counted")
      }
    case .promql:
      guard case .selector = try PromQL.parse(signal.text) else {
        throw QueryFault(.badData, "expected a selector of counters, whose increase is counted")
      }
    }
  }
}
