package import Bytes
package import Model
import Synchronization

/// A series with the samples a read asked for; times are milliseconds, ascending and unique.
package struct SeriesSamples: Sendable {
  package let tenant: ByteString
  package let labels: Labels
  package let times: [Int64]
  package let values: [Double]
}

/// All samples of level 0, in memory: by series, found by metric name. Sealed sample blocks will
/// take over what is older; then only the unsealed tail stays here.
final class SampleHead: Sendable {
  /// The samples of a series.
  private struct Column {
    let tenant: ByteString
    let labels: Labels
    var times: [Int64] = []
    var values: [Double] = []
    var isAscending = true
  }

  /// What the lock guards.
  private struct State {
    var columns: [Column] = []
    var places: [ByteString: Int] = [:]
    var byMetric: [ByteString: [Int]] = [:]
    var sampleCount = 0
    var overwritten = 0
  }

  private let state = Mutex(State())

  /// Takes the samples of a committed batch.
  func insert(_ batch: Batch) {
    guard !batch.samples.isEmpty else { return }
    state.withLock { state in
      let places = batch.series.indices.map { Self.place(of: $0, batch, &state) }
      for sample in batch.samples {
        let place = places[Int(sample.series)]
        let last = state.columns[place].times.last ?? .min
        if sample.time <= last { state.columns[place].isAscending = false }
        state.columns[place].times.append(sample.time)
        state.columns[place].values.append(sample.value)
      }
      state.sampleCount += batch.samples.count
    }
  }

  private static func place(of index: Int, _ batch: Batch, _ state: inout State) -> Int {
    let identity = identity(of: index, batch)
    if let place = state.places[identity] { return place }
    let labels = batch.labels(ofSeries: index)
    let place = state.columns.count
    state.columns.append(
      Column(tenant: batch.string(batch.series[index].tenant), labels: labels))
    state.places[identity] = place
    state.byMetric[labels[Labels.metricName] ?? .empty, default: []].append(place)
    return place
  }

  /// Tenant and labels as one byte string; lengths keep neighbours apart.
  private static func identity(of index: Int, _ batch: Batch) -> ByteString {
    var writer = LayoutWriter(capacity: 128)
    let row = batch.series[index]
    writer.put(row.tenant.count)
    writer.put(batch.arena[row.tenant.range])
    for label in batch.labels[row.labels] {
      writer.put(label.name.count)
      writer.put(label.value.count)
      writer.put(batch.arena[label.name.range])
      writer.put(batch.arena[label.value.range])
    }
    return ByteString(writer.bytes)
  }

  func read(
    in scope: Scope, metric: ByteString?, from: Int64, through: Int64,
    where accepts: (ByteString, Labels) -> Bool
  ) -> [SeriesSamples] {
    // Labels are looked at outside of the lock: a matcher may be a slow regular expression.
    let candidates: [(place: Int, tenant: ByteString, labels: Labels)] = state.withLock { state in
      let places = metric.map { state.byMetric[$0] ?? [] } ?? Array(state.columns.indices)
      return places.map { ($0, state.columns[$0].tenant, state.columns[$0].labels) }
    }
    let chosen = candidates.filter { scope.sees($0.tenant) && accepts($0.tenant, $0.labels) }
    return chosen.compactMap { candidate in
      let column = state.withLock { state in
        Self.settle(candidate.place, &state)
        return state.columns[candidate.place]
      }
      let low = Self.firstIndex(column.times, atLeast: from)
      let high =
        through == .max
        ? column.times.count
        : Self.firstIndex(
          column.times, atLeast: through + 1)
      guard low < high else { return nil }
      return SeriesSamples(
        tenant: column.tenant, labels: column.labels, times: Array(column.times[low..<high]),
        values: Array(column.values[low..<high]))
    }
  }

  /// Orders a series by time; of equal times the last written wins, and is counted.
  private static func settle(_ place: Int, _ state: inout State) {
    guard !state.columns[place].isAscending else { return }
    let before = state.columns[place].times.count
    settle(&state.columns[place])
    let overwritten = before - state.columns[place].times.count
    state.overwritten += overwritten
    state.sampleCount -= overwritten
  }

  private static func settle(_ column: inout Column) {
    let order = column.times.indices.sorted {
      column.times[$0] == column.times[$1] ? $0 < $1 : column.times[$0] < column.times[$1]
    }
    var times: [Int64] = []
    var values: [Double] = []
    for index in order {
      if times.last == column.times[index] {
        values[values.count - 1] = column.values[index]
      } else {
        times.append(column.times[index])
        values.append(column.values[index])
      }
    }
    column.times = times
    column.values = values
    column.isAscending = true
  }

  private static func firstIndex(_ times: [Int64], atLeast time: Int64) -> Int {
    var low = 0
    var high = times.count
    while low < high {
      let middle = low + (high - low) / 2
      if times[middle] < time { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Forgets samples older than `time`; series without samples stay known.
  func drop(before time: Int64) {
    state.withLock { state in
      for place in state.columns.indices {
        Self.settle(place, &state)
        let count = Self.firstIndex(state.columns[place].times, atLeast: time)
        guard count > 0 else { continue }
        state.columns[place].times.removeFirst(count)
        state.columns[place].values.removeFirst(count)
        state.sampleCount -= count
      }
    }
  }

  /// Series, samples, and samples that a later one of the same time replaced, as far as reads have
  /// found out.
  var counts: (series: Int, samples: Int, overwritten: Int) {
    state.withLock { ($0.columns.count, $0.sampleCount, $0.overwritten) }
  }
}
