import Bytes
import Model

/// Puts the samples of one series from several blocks and the head together; of equal times the one
/// that was added last wins.
struct SeriesMerging {
  /// Whose series it is.
  private struct Identity: Hashable {
    let tenant: ByteString
    let labels: Labels
  }

  private(set) var series: [SeriesSamples] = []
  private var places: [Identity: Int] = [:]

  /// Adds what is newer than all that was added before.
  mutating func add(_ newer: SeriesSamples) {
    let identity = Identity(tenant: newer.tenant, labels: newer.labels)
    guard let place = places[identity] else {
      places[identity] = series.count
      series.append(newer)
      return
    }
    guard let last = series[place].times.last, let first = newer.times.first, first <= last else {
      series[place].times += newer.times
      series[place].values += newer.values
      return
    }
    interleave(newer, at: place)
  }

  private mutating func interleave(_ newer: SeriesSamples, at place: Int) {
    let older = series[place]
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
    series[place].times = times
    series[place].values = values
  }
}
