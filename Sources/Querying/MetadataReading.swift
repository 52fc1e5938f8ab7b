package import Bytes
package import Model

/// Answers which series, labels and values there are, as the metadata calls of the Prometheus API
/// ask. Times are milliseconds, both ends included; a series counts when it has a sample between
/// them, be it a stale marker, or is computed from the deploy timeline and has a value there.
package struct MetadataReading {
  private static let release: ByteString = "release"

  private let source: any Source
  private let scope: Scope
  private let budget: Budget

  package init(source: any Source, scope: Scope, budget: Budget = Budget()) {
    self.source = source
    self.scope = scope
    self.budget = budget
  }

  /// The labels of every series that one of the selectors accepts, in order, each once. An
  /// inferred release shows when a selector names `release`.
  package func series(
    matching selectors: [PromQL.Selector], from: Int64, through: Int64
  ) throws(QueryFault) -> [Labels] {
    try series(matching: selectors, from: from, through: through, showsRelease: false)
  }

  /// The names of all labels of the accepted series; no selector accepts all.
  package func labelNames(
    matching selectors: [PromQL.Selector] = [], from: Int64, through: Int64
  ) throws(QueryFault) -> [ByteString] {
    let found = try series(
      matching: selectors, from: from, through: through, showsRelease: false)
    return Set(found.flatMap { $0.pairs.map(\.name) }).sorted()
  }

  /// The values of one label among the accepted series; no selector accepts all. Of `release` the
  /// inferred ones too.
  package func labelValues(
    of name: ByteString, matching selectors: [PromQL.Selector] = [], from: Int64, through: Int64
  ) throws(QueryFault) -> [ByteString] {
    let found = try series(
      matching: selectors, from: from, through: through, showsRelease: name == Self.release)
    return Set(found.compactMap { $0[name] }).sorted()
  }

  private func series(
    matching selectors: [PromQL.Selector], from: Int64, through: Int64, showsRelease: Bool
  ) throws(QueryFault) -> [Labels] {
    let namesRelease =
      showsRelease
      || selectors.contains { $0.matchers.contains { $0.name == Self.release } }
    let reading = SeriesReading(source: source, scope: scope, namesRelease: namesRelease)
    var found: Set<Labels> = []
    let wanted: [(matchers: [Matcher], metric: ByteString?)] =
      selectors.isEmpty ? [([], nil)] : selectors.map { ($0.matchers, $0.metric) }
    for (matchers, metric) in wanted {
      let series = try reading.outlines(
        matching: matchers, metric: metric, from: from, through: through, budget: budget)
      for one in series where !one.withoutMarkers.times.isEmpty { found.insert(one.labels) }
    }
    return found.sorted()
  }
}
