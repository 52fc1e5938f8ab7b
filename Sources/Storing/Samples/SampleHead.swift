import Bytes
import Dividing
import Model
import Synchronization

/// Samples that are being compacted: they change no more, and reads still see them.
final class FrozenHead: Sendable {
  private let runs: [SampleRun]
  private let identities: [SeriesIdentity]
  private let replaced = Mutex(0)

  fileprivate init(_ runs: [SampleRun], _ table: SeriesTable) {
    self.runs = runs
    identities = table.identities
  }

  /// The numbers of each tenant that may have samples, ascending.
  var tenants: [(tenant: ByteString, numbers: [UInt32])] {
    var isPresent = [Bool](repeating: false, count: identities.count)
    for run in runs {
      for number in run.numbers where Int(number) <= identities.count {
        isPresent[Int(number) - 1] = true
      }
    }
    var numbers: [ByteString: [UInt32]] = [:]
    for (place, identity) in identities.enumerated() where isPresent[place] {
      numbers[identity.tenant, default: []].append(UInt32(truncatingIfNeeded: place + 1))
    }
    return numbers.map { ($0.key, $0.value) }.sorted { $0.tenant < $1.tenant }
  }

  /// The series of those numbers, each settled.
  func series(_ numbers: [UInt32]) -> [StoredSeries] {
    var found: [StoredSeries] = []
    found.reserveCapacity(numbers.count)
    var overwritten = 0
    defer { replaced.withLock { $0 += overwritten } }
    for number in numbers {
      var series = HeadSeries(runs, of: number)
      overwritten += series.settle()
      let identity = identities[Int(number) - 1]
      found.append(
        StoredSeries(
          tenant: identity.tenant, labels: identity.labels, times: series.times,
          values: series.values))
    }
    return found
  }

  /// Samples that a later one of their time replaced, in what was asked for so far.
  var overwritten: Int { replaced.withLock { $0 } }
}

/// All samples of the segments that are not compacted yet. They are taken as they come, and put in
/// order of their series by the hundred thousand: a sample costs no walk to where its series is.
final class SampleHead: Sendable {
  /// Samples that are put in order at a time. Reads look through fewer than these one by one.
  private static let runLength = 1 << 18

  /// What the lock guards.
  private struct State {
    var live: [SampleRun] = []
    /// What came since the last run.
    var arriving = SampleColumns()
    var frozen: [SampleRun] = []
    var overwritten = 0

    mutating func sort() {
      guard arriving.count > 0 else { return }
      let run = SampleRun(arriving)
      if run.count > 0 { live.append(run) }
      arriving.removeAll()
    }

    var holdsSamples: Bool { arriving.count > 0 || !live.isEmpty || !frozen.isEmpty }

    var liveCount: Int { arriving.count + live.reduce(0) { $0 + $1.count } }
  }

  private let table: SeriesTable
  private let state = Mutex(State())

  init(_ table: SeriesTable) {
    self.table = table
  }

  /// The tenants of all series that were seen since the store was opened.
  var tenants: Set<ByteString> { Set(table.identities.map(\.tenant)) }

  /// Takes the samples of a committed frame.
  func insert(_ columns: SampleColumns) {
    guard columns.count > 0 else { return }
    state.withLock { state in
      state.arriving.append(columns)
      if state.arriving.count >= Self.runLength { state.sort() }
    }
  }

  /// Sets the samples so far apart for compaction; what comes now is of the next one.
  func freeze() {
    state.withLock { state in
      guard state.frozen.isEmpty else { return }
      state.sort()
      state.frozen = state.live
      state.live = []
    }
  }

  /// What was set apart.
  var frozen: FrozenHead { FrozenHead(state.withLock { $0.frozen }, table) }

  /// Lets go of what was set apart: it is in blocks now, without those samples that a later one of
  /// their time replaced.
  func dropFrozen(overwritten: Int) {
    state.withLock { state in
      state.overwritten += overwritten
      state.frozen = []
    }
  }

  /// The series of the scope that pass `accepts`, with samples of `from...through` (milliseconds).
  func read(
    in scope: Scope, metric: ByteString?, from: Int64, through: Int64,
    where accepts: @escaping @Sendable (ByteString, Labels) -> Bool
  ) -> [StoredSeries] {
    guard state.withLock({ $0.holdsSamples }) else { return [] }
    // Labels are looked at outside of the lock: a matcher may be a slow regular expression.
    let chosen = table.series(of: metric).mapRuns(of: Self.runOfSeries) { run in
      run.filter {
        scope.sees($0.identity.tenant) && accepts($0.identity.tenant, $0.identity.labels)
      }
    }
    guard let most = chosen.last?.number else { return [] }
    var places = [Int32](repeating: -1, count: Int(most) + 1)
    for (place, series) in chosen.enumerated() {
      places[Int(series.number)] = Int32(truncatingIfNeeded: place)
    }
    let (arriving, runs) = state.withLock { ($0.arriving, $0.frozen + $0.live) }
    let late = Self.late(arriving, places, count: chosen.count)
    return Array(chosen.indices).mapRuns(of: Self.runOfSeries) { run in
      run.compactMap { place in
        Self.samples(of: chosen[place], runs, late[place], from: from, through: through)
      }
    }
  }

  /// Series that are looked at by one thread at a time.
  private static let runOfSeries = 1_024

  /// The samples that are in no run yet, by the places of their series.
  private static func late(
    _ arriving: SampleColumns, _ places: [Int32], count: Int
  ) -> [HeadSeries] {
    var late = [HeadSeries](repeating: HeadSeries(), count: count)
    for (index, number) in arriving.numbers.enumerated() where Int(number) < places.count {
      let place = Int(places[Int(number)])
      if place >= 0 { late[place].append(arriving.times[index], arriving.values[index]) }
    }
    return late
  }

  /// Nil when there are none of `from...through`.
  private static func samples(
    of chosen: NumberedSeries, _ runs: [SampleRun], _ late: HeadSeries, from: Int64,
    through: Int64
  ) -> StoredSeries? {
    var series = HeadSeries(runs, of: chosen.number)
    series.append(late)
    _ = series.settle()
    let range = series.samples(from: from, through: through)
    guard !range.isEmpty else { return nil }
    return StoredSeries(
      tenant: chosen.identity.tenant, labels: chosen.identity.labels,
      times: Array(series.times[range]), values: Array(series.values[range]))
  }

  /// Forgets samples older than `time` (milliseconds); those that are being compacted stay.
  func drop(before time: Int64) {
    state.withLock { state in
      guard
        state.arriving.times.contains(where: { $0 < time })
          || state.live.contains(where: { $0.earliest < time })
      else { return }
      state.sort()
      state.live = state.live.compactMap { run in
        let rest = run.earliest < time ? run.without(before: time) : run
        return rest.count > 0 ? rest : nil
      }
    }
  }

  /// Samples that wait for compaction.
  var unsealedSamples: Int { state.withLock { $0.liveCount } }

  /// Series known, samples in memory, and samples that a later one of their time replaced. What was
  /// replaced is known once it is compacted.
  var counts: (series: Int, samples: Int, overwritten: Int) {
    let (samples, overwritten) = state.withLock { state in
      let frozen = state.frozen.reduce(0) { $0 + $1.count }
      return (state.liveCount + frozen, state.overwritten)
    }
    return (table.count, samples, overwritten)
  }
}
