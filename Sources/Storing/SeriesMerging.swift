import Bytes
import Model

/// Puts the samples of one tenant's series from several blocks and the head together; of equal
/// times the one that was added last wins.
struct SeriesMerging {
  /// In order of labels.
  private(set) var series: [StoredSeries] = []

  /// Adds series, each of them once, that are newer than all that was added before.
  mutating func add(_ newer: [StoredSeries], isOrdered: Bool = false) {
    if newer.isEmpty { return }
    let newer = isOrdered ? newer : newer.ordered(by: \.labels)
    if series.isEmpty {
      series = newer
      return
    }
    let older = series
    var merged: [StoredSeries] = []
    merged.reserveCapacity(max(older.count, newer.count))
    var times = SharedTimes()
    var (left, right) = (0, 0)
    while left < older.count, right < newer.count {
      // Blocks of one tenant mostly have the same series.
      if older[left].labels == newer[right].labels {
        merged.append(Self.joined(older[left], newer[right], &times))
        left += 1
        right += 1
      } else if older[left].labels < newer[right].labels {
        merged.append(older[left])
        left += 1
      } else {
        merged.append(newer[right])
        right += 1
      }
    }
    merged += older[left...]
    merged += newer[right...]
    series = merged
  }

  private static func joined(
    _ older: StoredSeries, _ newer: StoredSeries, _ times: inout SharedTimes
  ) -> StoredSeries {
    guard let last = older.times.last, let first = newer.times.first, first <= last else {
      var values: [Double] = []
      values.reserveCapacity(older.values.count + newer.values.count)
      values += older.values
      values += newer.values
      return StoredSeries(
        tenant: older.tenant, labels: older.labels, times: times.joined(older.times, newer.times),
        values: values)
    }
    return interleaved(older, newer)
  }

  private static func interleaved(
    _ older: StoredSeries, _ newer: StoredSeries
  ) -> StoredSeries {
    var times: [Int64] = []
    var values: [Double] = []
    times.reserveCapacity(older.times.count + newer.times.count)
    values.reserveCapacity(older.times.count + newer.times.count)
    var left = 0
    var right = 0
    while left < older.times.count || right < newer.times.count {
      let takesNewer =
        right < newer.times.count
        && (left == older.times.count || newer.times[right] <= older.times[left])
      if takesNewer {
        if left < older.times.count, older.times[left] == newer.times[right] { left += 1 }
        times.append(newer.times[right])
        values.append(newer.values[right])
        right += 1
      } else {
        times.append(older.times[left])
        values.append(older.values[left])
        left += 1
      }
    }
    var all = older
    all.times = times
    all.values = values
    return all
  }
}

/// Times that were joined last: series that are scraped together have the same ones.
private struct SharedTimes {
  private var older: [Int64] = []
  private var newer: [Int64] = []
  private var all: [Int64] = []

  mutating func joined(_ older: [Int64], _ newer: [Int64]) -> [Int64] {
    if older != self.older || newer != self.newer {
      self.older = older
      self.newer = newer
      all = older + newer
    }
    return all
  }
}
