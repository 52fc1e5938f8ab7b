import Bytes
import Model
import Synchronization

/// The samples of one series in memory; in order of time unless late ones came in.
struct HeadSeries: Sendable {
  var times: [Int64] = []
  var values: [Double] = []
  var isAscending = true

  mutating func append(_ time: Int64, _ value: Double) {
    if let last = times.last, time <= last { isAscending = false }
    times.append(time)
    values.append(value)
  }

  /// Orders it by time; of equal times the last written wins. Returns how many were replaced.
  mutating func settle() -> Int {
    guard !isAscending else { return 0 }
    let order = times.indices.sorted {
      times[$0] == times[$1] ? $0 < $1 : times[$0] < times[$1]
    }
    var settled = HeadSeries()
    for index in order {
      if settled.times.last == times[index] {
        settled.values[settled.values.count - 1] = values[index]
      } else {
        settled.times.append(times[index])
        settled.values.append(values[index])
      }
    }
    let replaced = times.count - settled.times.count
    self = settled
    return replaced
  }

  /// The samples of `from...through`; the series must be settled.
  func samples(from: Int64, through: Int64) -> Range<Int> {
    let low = Self.firstIndex(times, atLeast: from)
    let high = through == .max ? times.count : Self.firstIndex(times, atLeast: through + 1)
    return low..<max(low, high)
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
}

/// Samples that are being compacted: they change no more, and reads still see them.
struct FrozenHead: Sendable {
  /// By tenant.
  private let series: [ByteString: [SeriesSamples]]

  /// `all` has a place for each number, the first being 1.
  fileprivate init(_ all: [HeadSeries], _ identities: [SeriesIdentity]) {
    var series: [ByteString: [SeriesSamples]] = [:]
    for (samples, identity) in zip(all, identities) where !samples.times.isEmpty {
      series[identity.tenant, default: []].append(
        SeriesSamples(
          tenant: identity.tenant, labels: identity.labels, times: samples.times,
          values: samples.values))
    }
    self.series = series
  }

  /// The tenants that have samples, in order.
  var tenants: [ByteString] { series.keys.sorted() }

  /// The series of a tenant.
  func series(of tenant: ByteString) -> [SeriesSamples] { series[tenant] ?? [] }
}

/// All samples of the segments that are not compacted yet.
final class SampleHead: Sendable {
  /// What the lock guards.
  private struct State {
    /// By number, the first being 1.
    var live: [HeadSeries] = []
    var frozen: [HeadSeries] = []
    var liveCount = 0
    var frozenCount = 0
    var overwritten = 0

    /// Orders a series, and counts what was replaced.
    mutating func settle(_ place: Int) {
      guard live.indices.contains(place) else { return }
      let replaced = live[place].settle()
      overwritten += replaced
      liveCount -= replaced
    }
  }

  private let table: SeriesTable
  private let state = Mutex(State())

  init(_ table: SeriesTable) {
    self.table = table
  }

  /// Takes the samples of a committed frame.
  func insert(_ columns: SampleColumns) {
    guard columns.count > 0 else { return }
    let most = Int(columns.numbers.max() ?? 0)
    state.withLock { state in
      if most > state.live.count {
        state.live += Array(repeating: HeadSeries(), count: most - state.live.count)
      }
      for index in columns.numbers.indices where columns.numbers[index] > 0 {
        state.live[Int(columns.numbers[index]) - 1].append(
          columns.times[index], columns.values[index])
      }
      state.liveCount += columns.count
    }
  }

  /// Sets the samples so far apart for compaction; what comes now is of the next one.
  func freeze() {
    state.withLock { state in
      guard state.frozen.isEmpty else { return }
      for place in state.live.indices { state.settle(place) }
      state.frozen = state.live
      state.frozenCount = state.liveCount
      state.live = []
      state.liveCount = 0
    }
  }

  /// What was set apart.
  var frozen: FrozenHead {
    FrozenHead(state.withLock { $0.frozen }, table.identities)
  }

  /// Lets go of what was set apart: it is in blocks now.
  func dropFrozen() {
    state.withLock { state in
      state.frozen = []
      state.frozenCount = 0
    }
  }

  /// The series of the scope that pass `accepts`, with samples of `from...through` (milliseconds).
  func read(
    in scope: Scope, metric: ByteString?, from: Int64, through: Int64,
    where accepts: (ByteString, Labels) -> Bool
  ) -> [SeriesSamples] {
    let identities = table.identities
    var merging = SeriesMerging()
    // Labels are looked at outside of the lock: a matcher may be a slow regular expression.
    for (index, identity) in identities.enumerated() {
      guard scope.sees(identity.tenant),
        metric == nil || identity.labels[Labels.metricName] == metric,
        accepts(identity.tenant, identity.labels)
      else { continue }
      let parts: [HeadSeries] = state.withLock { state in
        state.settle(index)
        return [state.frozen, state.live].compactMap {
          $0.indices.contains(index) ? $0[index] : nil
        }
      }
      for part in parts {
        let range = part.samples(from: from, through: through)
        if range.isEmpty { continue }
        merging.add(
          SeriesSamples(
            tenant: identity.tenant, labels: identity.labels, times: Array(part.times[range]),
            values: Array(part.values[range])))
      }
    }
    return merging.series
  }

  /// Forgets samples older than `time` (milliseconds); those that are being compacted stay.
  func drop(before time: Int64) {
    state.withLock { state in
      for place in state.live.indices {
        state.settle(place)
        let count = state.live[place].samples(from: .min, through: time - 1).count
        guard count > 0 else { continue }
        state.live[place].times.removeFirst(count)
        state.live[place].values.removeFirst(count)
        state.liveCount -= count
      }
    }
  }

  /// Samples that wait for compaction.
  var unsealedSamples: Int { state.withLock { $0.liveCount } }

  /// Series known, samples in memory, and samples that a later one of their time replaced.
  var counts: (series: Int, samples: Int, overwritten: Int) {
    let (samples, overwritten) = state.withLock {
      ($0.liveCount + $0.frozenCount, $0.overwritten)
    }
    return (table.count, samples, overwritten)
  }
}
