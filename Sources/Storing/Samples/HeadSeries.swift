/// The samples of one series in memory; in order of time unless late ones came in.
struct HeadSeries: Sendable {
  var times: [Int64] = []
  var values: [Double] = []
  private var isAscending = true

  init() {}

  /// The samples that runs have of a series, run by run.
  init(_ runs: [SampleRun], of number: UInt32) {
    // By index: a copy of a run would count four references.
    let ranges = runs.indices.map { runs[$0].range(of: number) }
    let count = ranges.reduce(0) { $0 + $1.count }
    // The ranges together are as many samples as there is room for.
    times = [Int64](unsafeUninitializedCapacity: count) { target, filled in
      for (run, range) in ranges.enumerated() {
        runs[run].copyTimes(range, to: target, at: filled)
        filled += range.count
      }
    }
    values = [Double](unsafeUninitializedCapacity: count) { target, filled in
      for (run, range) in ranges.enumerated() {
        runs[run].copyValues(range, to: target, at: filled)
        filled += range.count
      }
    }
    for index in times.indices.dropFirst() where times[index] <= times[index - 1] {
      isAscending = false
    }
  }

  /// Samples that are in order of time, each time once.
  init(times: [Int64], values: [Double]) {
    self.times = times
    self.values = values
  }

  mutating func append(_ time: Int64, _ value: Double) {
    if let last = times.last, time <= last { isAscending = false }
    times.append(time)
    values.append(value)
  }

  mutating func append(_ other: HeadSeries) {
    for (time, value) in zip(other.times, other.values) { append(time, value) }
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
