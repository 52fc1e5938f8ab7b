package import Bytes
package import Model

extension LogQL {
  /// Which records of a batch a log query shows, one answer for each: what is deleted is what the
  /// query shows. Throws when the query gives numbers, and on a template there is none of.
  package static func test(
    _ expression: LogExpression, scope: Scope, timeline: Timeline
  ) throws(QueryFault) -> @Sendable (Batch) throws -> [Bool] {
    guard case .lines(let selection) = expression else {
      throw QueryFault(.badData, "a log query is needed, such as {service=\"odoo\"}")
    }
    let mention = LabelMention(expression)
    let plan = try LogPlan(selection, joining: mention.joined)
    let known = mention.namesRelease ? timeline : nil
    return { batch in
      var table = StreamTable(
        plan.matchers, scope: scope, timeline: known, from: .min, through: .max)
      var row = LogRow(scope: scope)
      return batch.records.map { record in
        let place = table.phase(of: record, in: batch)
        let phase = table.phases[place]
        guard phase.isSelected else { return false }
        row.start(record, stream: phase.labels)
        return plan.passes(&row, in: batch)
      }
    }
  }

  /// The one tenant whose records a query can show, when its selector names it.
  package static func tenant(of expression: LogExpression) -> ByteString? {
    guard case .lines(let selection) = expression else { return nil }
    return Matcher.tenant(in: selection.matchers)
  }
}

extension Matcher {
  /// The tenant that `tenant="..."` fixes; nil when nothing does.
  package static func tenant(in matchers: [Matcher]) -> ByteString? {
    matchers.first { $0.name == LogLabels.tenant && $0.operation == .equal && !$0.value.isEmpty }?
      .value
  }
}
