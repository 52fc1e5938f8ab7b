import Bytes
import Model
import Querying

/// Series in memory, as a source.
struct PromQLMemorySource: Source {
  var stored: [StoredSeries] = []
  var timeline: Timeline = .empty
  var tenants: [ByteString] { Set(stored.map(\.tenant)).sorted() }

  func series(
    in scope: Scope, metric: ByteString?, from: Int64, through: Int64,
    where accepts: @escaping @Sendable (ByteString, Labels) -> Bool
  ) throws -> [StoredSeries] {
    stored.compactMap { series in
      guard scope.sees(series.tenant), metric == nil || series.labels["__name__"] == metric,
        accepts(series.tenant, series.labels)
      else { return nil }
      let kept = series.times.indices.filter {
        series.times[$0] >= from && series.times[$0] <= through
      }
      return StoredSeries(
        tenant: series.tenant, labels: series.labels, times: kept.map { series.times[$0] },
        values: kept.map { series.values[$0] })
    }
  }

  func scan(in scope: Scope, from: Int64, to: Int64, visit: (Batch) throws -> Bool) throws {}

  /// Adds samples to the series of these labels.
  mutating func add(_ labels: Labels, tenant: ByteString, _ samples: [(Int64, Double)]) {
    var merged: [Int64: Double] = [:]
    let place = stored.firstIndex { $0.labels == labels && $0.tenant == tenant }
    if let place {
      for (time, value) in zip(stored[place].times, stored[place].values) { merged[time] = value }
    }
    for (time, value) in samples { merged[time] = value }
    let times = merged.keys.sorted()
    let series = StoredSeries(
      tenant: tenant, labels: labels, times: times, values: times.map { merged[$0] ?? .nan })
    if let place { stored[place] = series } else { stored.append(series) }
  }
}
