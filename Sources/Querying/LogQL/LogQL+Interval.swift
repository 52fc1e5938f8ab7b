import Bytes
package import Model

extension LogQL {
  /// The same lines, but behind each of them only those that are `interval` nanoseconds further on
  /// at least, as Loki's `interval` parameter asks; 0 stands for all. Throws as `lines` does.
  package static func lines(
    _ expression: LogExpression, from source: any Source, scope: Scope, start: Int64, end: Int64,
    limit: Int, direction: Direction, interval: Int64, withFields: Bool = true,
    budget: Budget = Budget()
  ) throws -> QueryValue {
    guard interval > 0, limit > 0, limit <= Limits.rowsPerQuery else {
      return try lines(
        expression, from: source, scope: scope, start: start, end: end, limit: limit,
        direction: direction, withFields: withFields, budget: budget)
    }
    var kept: [(labels: Labels, line: LogStream.Line)] = []
    var from = start
    var to = end
    // Each turn keeps a line at least: what it asks for begins where the next one may stand.
    while kept.count < limit, from < to {
      let page = try ordered(
        lines(
          expression, from: source, scope: scope, start: from, end: to,
          limit: Limits.rowsPerQuery, direction: direction, withFields: withFields,
          budget: budget), direction)
      for entry in page where kept.count < limit {
        if let last = kept.last {
          let distance = last.line.time.adding(direction == .forward ? interval : -interval)
          guard let distance else { return streams(kept) }
          let isNear =
            direction == .forward ? entry.line.time < distance : entry.line.time > distance
          if isNear { continue }
        }
        kept.append(entry)
      }
      guard page.count == Limits.rowsPerQuery, let last = kept.last else { break }
      let next = last.line.time.adding(direction == .forward ? interval : 1 - interval)
      guard let next else { break }
      if direction == .forward { from = next } else { to = next }
    }
    return streams(kept)
  }

  private static func ordered(
    _ value: QueryValue, _ direction: Direction
  ) -> [(labels: Labels, line: LogStream.Line)] {
    guard case .streams(let streams) = value else { return [] }
    let all = streams.flatMap { stream in stream.lines.map { (labels: stream.labels, line: $0) } }
    return all.sorted {
      direction == .forward ? $0.line.time < $1.line.time : $0.line.time > $1.line.time
    }
  }

  private static func streams(_ lines: [(labels: Labels, line: LogStream.Line)]) -> QueryValue {
    let byLabels = Dictionary(grouping: lines) { $0.labels }
    return .streams(
      byLabels.sorted { $0.key < $1.key }
        .map { LogStream(labels: $0.key, lines: $0.value.map(\.line)) })
  }
}
