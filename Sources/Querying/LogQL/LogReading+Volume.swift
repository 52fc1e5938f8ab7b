package import Bytes
import Model

/// How much there is of a selection.
package struct LogStatistics: Sendable, Equatable {
  package var streams = 0
  /// Batches of the store that hold some of it.
  package var chunks = 0
  /// Of the lines.
  package var bytes = 0
  package var entries = 0
}

/// What a volume is asked by.
package struct VolumeGrouping: Sendable {
  /// The labels that are counted by; with none, those of the selector's matchers.
  package let targets: [ByteString]
  /// Counts by the names of labels, not by their values.
  package let isByName: Bool
  /// The largest so many.
  package let limit: Int

  package init(targets: [ByteString], isByName: Bool, limit: Int) {
    self.targets = targets
    self.isByName = isByName
    self.limit = limit
  }
}

extension LogReading {
  /// Counts streams, batches, lines and their bytes.
  package func statistics(of selection: LogSelection) throws -> LogStatistics {
    var statistics = LogStatistics()
    var streams: Set<Labels> = []
    var met: Set<Int> = []
    var batches: Set<Int> = []
    try visit(selection) { row, place, batch in
      if met.insert(place.stream).inserted { streams.insert(row.stream) }
      batches.insert(place.batch)
      statistics.entries += 1
      statistics.bytes += row.withLine(batch) { $0.count }
    }
    statistics.streams = streams.count
    statistics.chunks = batches.count
    return statistics
  }

  /// The bytes of lines by label, the most first: a vector at `end`, or with a step (nanoseconds)
  /// a matrix of its buckets, each at its start. Only streams count that have all targets.
  package func volume(
    of selection: LogSelection, by grouping: VolumeGrouping, step: Int64?
  ) throws -> QueryValue {
    let names =
      grouping.targets.isEmpty ? selection.matchers.map(\.name) : grouping.targets
    let buckets = try step.map { try VolumeBuckets(start: start, end: end, step: $0) }
    var keys: [Int: [Labels]] = [:]
    var sums: [Labels: [Int64: Int]] = [:]
    try visit(selection) { row, place, batch in
      let groups: [Labels]
      if let known = keys[place.stream] {
        groups = known
      } else {
        groups = Self.groups(row.stream, names, grouping)
        keys[place.stream] = groups
      }
      let size = row.withLine(batch) { $0.count }
      let bucket = buckets?.instant(of: row.record.time) ?? end / Instant.millisecond
      for group in groups { sums[group, default: [:]][bucket, default: 0] += size }
      try budget.admit(series: sums.count)
    }
    let totals = sums.map { ($0.key, $0.value.values.reduce(0, +)) }
    let largest = totals.sorted { $0.1 == $1.1 ? $0.0 < $1.0 : $0.1 > $1.1 }
      .prefix(grouping.limit)
    if buckets == nil {
      let time = end / Instant.millisecond
      return .vector(
        largest.map {
          VectorElement(labels: $0.0, point: Point(time: time, value: Double($0.1)))
        })
    }
    return .matrix(
      largest.map { labels, _ in
        let points = (sums[labels] ?? [:]).sorted { $0.key < $1.key }
        return MatrixSeries(
          labels: labels, points: points.map { Point(time: $0.key, value: Double($0.value)) })
      })
  }

  /// What a stream counts for; nothing when it lacks one of the targets.
  private static func groups(
    _ stream: Labels, _ names: [ByteString], _ grouping: VolumeGrouping
  ) -> [Labels] {
    guard grouping.targets.allSatisfy({ stream[$0] != nil }) else { return [] }
    let kept = names.isEmpty ? stream : stream.keeping(names)
    guard grouping.isByName else { return [kept] }
    // A label of no value, as Loki answers it.
    return kept.pairs.map { Labels(sorted: [Label($0.name, .empty)]) }
  }
}

/// Steps of time from multiples of the step on, the first one from the start.
private struct VolumeBuckets {
  private let start: Int64
  private let step: Int64

  init(start: Int64, end: Int64, step: Int64) throws(QueryFault) {
    _ = try EvaluationTimes(
      from: start / Instant.millisecond, through: max(start, end) / Instant.millisecond,
      step: step / Instant.millisecond)
    self.start = start
    self.step = step
  }

  /// Milliseconds at which the bucket of a time begins.
  func instant(of time: Int64) -> Int64 {
    let rest = time % step
    let aligned = time.adding(rest < 0 ? -rest - step : -rest) ?? start
    return max(start, aligned) / Instant.millisecond
  }
}
