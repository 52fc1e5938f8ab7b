package import Bytes
package import Model

/// The labels and streams of the log records of a time range. Several selectors mean any of them,
/// none means all streams; times are nanoseconds, `start..<end`. All throw past the budget, and
/// what the source throws.
package enum LogMetadata {
  /// The label names of the streams, sorted.
  package static func labelNames(
    of selectors: [[Matcher]], from source: any Source, scope: Scope, start: Int64, end: Int64,
    budget: Budget = Budget()
  ) throws -> [ByteString] {
    var names: Set<ByteString> = []
    for labels in try series(
      of: selectors, from: source, scope: scope, start: start, end: end, budget: budget)
    {
      for pair in labels.pairs { names.insert(pair.name) }
    }
    return names.sorted()
  }

  /// The values of a label, sorted. `release` gives inferred releases too, since it is named, and
  /// `detected_level` the levels.
  package static func labelValues(
    _ name: ByteString, of selectors: [[Matcher]], from source: any Source, scope: Scope,
    start: Int64, end: Int64, budget: Budget = Budget()
  ) throws -> [ByteString] {
    let isLevel = name == LogLabels.detectedLevel
    var values: Set<ByteString> = []
    let streams = try streams(
      of: selectors, from: source, scope: scope, start: start, end: end,
      namesRelease: name == LogLabels.release, budget: budget)
    for labels in streams {
      if let value = labels[isLevel ? LogLabels.level : name] {
        values.insert(isLevel ? Level(parsing: value.bytes.span).detectedName : value)
      } else if isLevel {
        values.insert(Level.unknown.name)
      }
    }
    return values.sorted()
  }

  /// The labels of the streams, sorted.
  package static func series(
    of selectors: [[Matcher]], from source: any Source, scope: Scope, start: Int64, end: Int64,
    budget: Budget = Budget()
  ) throws -> [Labels] {
    try streams(
      of: selectors, from: source, scope: scope, start: start, end: end, namesRelease: false,
      budget: budget
    ).sorted()
  }

  private static func streams(
    of selectors: [[Matcher]], from source: any Source, scope: Scope, start: Int64, end: Int64,
    namesRelease: Bool, budget: Budget
  ) throws -> Set<Labels> {
    guard start < end else { return [] }
    let timeline = source.timeline
    var tables = (selectors.isEmpty ? [[]] : selectors).map { matchers in
      let names = namesRelease || LabelMention(matchers).namesRelease
      return StreamTable(
        matchers, scope: scope, timeline: names ? timeline : nil, from: start, through: end)
    }
    // Phases that no record of the time range fell into are not streams of it.
    var met = tables.map { _ in Set<Int>() }
    try budget.reading {
      try source.scan(in: scope, from: start, to: end) { batch in
        for record in batch.records where record.time >= start && record.time < end {
          try budget.charge(1)
          for index in tables.indices {
            met[index].insert(tables[index].phase(of: record, in: batch))
          }
        }
        for phases in met { try budget.admit(series: phases.count) }
        return true
      }
    }
    var streams: Set<Labels> = []
    for (table, phases) in zip(tables, met) {
      for phase in phases where table.phases[phase].isSelected {
        streams.insert(table.phases[phase].labels)
      }
    }
    return streams
  }
}
