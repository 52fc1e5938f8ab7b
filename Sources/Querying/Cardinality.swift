package import Bytes
package import Model

/// How many series there are, and what makes them many: the figures of Prometheus' `status/tsdb`.
package struct Cardinality: Sendable {
  /// A name and how often it counts.
  package struct Entry: Sendable, Equatable {
    package let name: ByteString
    package let count: Int
  }

  package let series: Int
  package let labelPairs: Int
  /// Milliseconds; nil without samples.
  package let times: ClosedRange<Int64>?
  private let seriesByMetric: [ByteString: Int]
  private let seriesByPair: [Label: Int]
  private let valuesByLabel: [ByteString: (count: Int, bytes: Int)]

  /// Counts the stored series of a scope with samples of `from...through` (milliseconds). Throws
  /// what the source and the budget throw.
  package init(
    reading source: any Source, in scope: Scope, from: Int64, through: Int64,
    budget: Budget = Budget()
  ) throws(QueryFault) {
    let reading = SeriesReading(source: source, scope: scope, namesRelease: false)
    let found = try reading.series(
      matching: [], metric: nil, from: from, through: through, releases: nil,
      budget: budget)
    var times: ClosedRange<Int64>?
    var metrics: [ByteString: Int] = [:]
    var pairs: [Label: Int] = [:]
    for one in found {
      if let first = one.times.first, let last = one.times.last {
        let known = times ?? first...last
        times = min(first, known.lowerBound)...max(last, known.upperBound)
      }
      for pair in one.labels.pairs {
        pairs[pair, default: 0] += 1
        if pair.name == Labels.metricName { metrics[pair.value, default: 0] += 1 }
      }
    }
    var labels: [ByteString: (count: Int, bytes: Int)] = [:]
    for pair in pairs.keys {
      let known = labels[pair.name] ?? (0, 0)
      labels[pair.name] = (known.count + 1, known.bytes + pair.value.count)
    }
    series = found.count
    labelPairs = pairs.count
    self.times = times
    seriesByMetric = metrics
    seriesByPair = pairs
    valuesByLabel = labels
  }

  /// The metrics with most series.
  package func metrics(_ limit: Int) -> [Entry] {
    Self.largest(seriesByMetric.map { Entry(name: $0.key, count: $0.value) }, limit)
  }

  /// The labels with most values.
  package func labels(_ limit: Int) -> [Entry] {
    Self.largest(valuesByLabel.map { Entry(name: $0.key, count: $0.value.count) }, limit)
  }

  /// The labels whose values have most bytes, each value counted once.
  package func bytes(_ limit: Int) -> [Entry] {
    Self.largest(valuesByLabel.map { Entry(name: $0.key, count: $0.value.bytes) }, limit)
  }

  /// The pairs, as `name=value`, that most series have.
  package func pairs(_ limit: Int) -> [Entry] {
    Self.largest(
      seriesByPair.map {
        Entry(name: ByteString($0.key.name.bytes + [61] + $0.key.value.bytes), count: $0.value)
      }, limit)
  }

  private static func largest(_ entries: [Entry], _ limit: Int) -> [Entry] {
    let sorted = entries.sorted {
      $0.count == $1.count ? $0.name < $1.name : $0.count > $1.count
    }
    return Array(sorted.prefix(limit))
  }
}
