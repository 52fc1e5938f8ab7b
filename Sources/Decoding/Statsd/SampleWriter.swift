import Bytes
import Model

/// Writes an aggregate's samples into a batch. Its labels lie in the arena once, whatever the
/// number of its series.
struct SampleWriter {
  private let name: ByteString
  private let labels: [(name: Slice, value: Slice)]
  private let nameLabel: Slice
  private let boundLabel: Slice
  /// Milliseconds since 1970.
  private let time: Int64
  /// Where the zero of a new sum belongs: at the beginning of its first interval.
  private let before: Int64

  init(_ identity: StatsdIdentity, time: Int64, before: Int64, into batch: inout Batch) {
    name = identity.name
    self.time = time
    self.before = before
    nameLabel = batch.intern(text: "__name__")
    boundLabel = batch.intern(text: "le")
    var labels: [(Slice, Slice)] = []
    for label in identity.labels {
      let name = batch.intern(label.name)
      labels.append((name, batch.intern(label.value)))
    }
    self.labels = labels
  }

  func write(_ aggregate: StatsdAggregate, into batch: inout Batch) {
    let isNew = !aggregate.isKnown
    switch aggregate.kind {
    case .counter:
      sum(name.hasSuffix("_total") ? "" : "_total", aggregate.total, isNew, into: &batch)
    case .gauge: append("", nil, aggregate.total, at: time, into: &batch)
    case .set: append("", nil, Double(aggregate.members.count), at: time, into: &batch)
    case .timer: ladder(aggregate, "_seconds", isNew, into: &batch)
    case .histogram: ladder(aggregate, "", isNew, into: &batch)
    }
  }

  private func ladder(
    _ aggregate: StatsdAggregate, _ unit: String, _ isNew: Bool, into batch: inout Batch
  ) {
    for (bound, count) in zip(StatsdAggregate.bounds, aggregate.buckets) {
      sum(unit + "_bucket", count, isNew, le: Numbers.text(bound), into: &batch)
    }
    sum(unit + "_bucket", aggregate.total, isNew, le: "+Inf", into: &batch)
    sum(unit + "_count", aggregate.total, isNew, into: &batch)
    sum(unit + "_sum", aggregate.sum, isNew, into: &batch)
  }

  /// A sample of something that grows; a new one starts from zero.
  private func sum(
    _ suffix: String, _ value: Double, _ isNew: Bool, le: String? = nil, into batch: inout Batch
  ) {
    guard isNew, before < time else {
      append(suffix, le, value, at: time, into: &batch)
      return
    }
    guard let series = append(suffix, le, 0, at: before, into: &batch) else { return }
    batch.append(sample: Sample(series: series, time: time, value: value))
  }

  @discardableResult
  private func append(
    _ suffix: String, _ le: String?, _ value: Double, at time: Int64, into batch: inout Batch
  ) -> UInt32? {
    batch.startSeries()
    batch.addLabel(nameLabel, batch.intern(name.bytes + Array(suffix.utf8)))
    for label in labels { batch.addLabel(label.name, label.value) }
    if let le { batch.addLabel(boundLabel, batch.intern(Array(le.utf8))) }
    do throws(Fault) {
      let series = try batch.finishSeries()
      batch.append(sample: Sample(series: series, time: time, value: value))
      return series
    } catch {
      batch.faults.add(error)
      return nil
    }
  }
}
