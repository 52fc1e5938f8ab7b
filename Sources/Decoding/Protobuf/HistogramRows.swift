import Bytes
import Model

/// Makes samples of the histograms of one series: one for each part, in a series of its own.
struct HistogramRows {
  private let labels: [(name: Slice, value: Slice)]
  private let partLabel: Slice
  private var rows: [HistogramPart: UInt32] = [:]

  /// Of a series with these labels, which lie in the batch.
  init(_ labels: [(name: Slice, value: Slice)], in batch: inout Batch) {
    self.labels = labels
    partLabel = batch.intern(HistogramPart.label)
  }

  /// Adds one of a time in milliseconds. Throws, with nothing added, when the labels are wrong:
  /// then they are so for every other.
  mutating func add(
    _ histogram: NativeHistogram, at time: Int64, to batch: inout Batch
  ) throws(Fault) {
    for (part, value) in histogram.parts {
      let series = try row(of: part, in: &batch)
      batch.append(sample: Sample(series: series, time: time, value: value))
    }
  }

  private mutating func row(
    of part: HistogramPart, in batch: inout Batch
  ) throws(Fault) -> UInt32 {
    if let known = rows[part] { return known }
    batch.startSeries()
    for (name, value) in labels { batch.addLabel(name, value) }
    batch.addLabel(partLabel, batch.intern(part.name))
    let series = try batch.finishSeries(isHistogramPart: true)
    rows[part] = series
    return series
  }
}
