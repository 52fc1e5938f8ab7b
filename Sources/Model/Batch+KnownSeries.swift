extension Batch {
  /// Adds a series that the store knows by this number, and returns its index.
  public mutating func addKnownSeries(_ number: UInt32) -> UInt32 {
    var row = SeriesRow(tenant: .empty, firstLabel: 0, labelCount: 0)
    row.id = number
    series.append(row)
    return UInt32(truncatingIfNeeded: series.count - 1)
  }

  /// Adds samples of series that the store knows by these numbers, all at once.
  public mutating func add(known samples: SampleColumns) {
    if known.isEmpty { known = samples } else { known.append(samples) }
  }

  /// Notes what a described series may be remembered by.
  public mutating func remember(_ fingerprint: Fingerprint, ofSeries index: Int) {
    guard series.indices.contains(index) else { return }
    series[index].fingerprint = fingerprint
  }

  /// Makes room for so many samples, each of a series of its own.
  public mutating func reserve(samples count: Int) {
    series.reserveCapacity(series.count + count)
    samples.reserveCapacity(samples.count + count)
  }
}
