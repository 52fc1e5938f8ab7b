import Bytes
import Model
import Querying
import Synchronization

/// The input of a unit test as queries read it.
final class SeriesFixture: Source {
  /// The input so far.
  private struct State {
    var series: [Labels: StoredSeries] = [:]
    var batches: [Batch] = []
  }

  private let state = Mutex(State())
  let timeline: Timeline

  init(timeline: Timeline) {
    self.timeline = timeline
  }

  var tenants: [ByteString] {
    state.withLock { state in
      var tenants = Set(state.series.values.map(\.tenant))
      for batch in state.batches {
        for record in batch.records { tenants.insert(batch.string(record.tenant)) }
      }
      tenants.remove(.empty)
      return tenants.sorted()
    }
  }

  /// Adds samples, oldest first; a `tenant` label is the series' tenant, as it is at ingest.
  func add(_ labels: Labels, times: [Int64], values: [Double]) {
    state.withLock { state in
      var series =
        state.series[labels]
        ?? StoredSeries(
          tenant: labels["tenant"] ?? .empty, labels: labels.setting("tenant", nil), times: [],
          values: [])
      series.times += times
      series.values += values
      state.series[labels] = series
    }
  }

  func add(_ batch: Batch) {
    state.withLock { $0.batches.append(batch) }
  }

  func series(
    in scope: Scope, metric: ByteString?, from: Int64, through: Int64,
    where accepts: @escaping @Sendable (ByteString, Labels) -> Bool
  ) throws -> [StoredSeries] {
    let all = state.withLock { Array($0.series.values) }
    return all.compactMap { series in
      guard scope.sees(series.tenant), metric == nil || series.labels[Labels.metricName] == metric,
        accepts(series.tenant, series.labels)
      else { return nil }
      let places = series.times.indices.filter {
        series.times[$0] >= from && series.times[$0] <= through
      }
      guard !places.isEmpty else { return nil }
      return StoredSeries(
        tenant: series.tenant, labels: series.labels, times: places.map { series.times[$0] },
        values: places.map { series.values[$0] })
    }
  }

  func scan(
    in scope: Scope, from: Int64, to: Int64, visit: (Batch) throws -> Bool
  ) throws {
    for batch in state.withLock({ $0.batches }) where try !visit(batch) { return }
  }
}
