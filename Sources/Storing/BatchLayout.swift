import Bytes
import Model

/// A batch as the payload of a frame of version 1; FORMAT.md has it byte by byte.
enum BatchLayout {
  private static let recordSize = 81
  private static let fieldSize = 17
  private static let seriesSize = 16
  private static let labelSize = 16
  private static let sampleSize = 20

  /// Reads a payload; nil when any of its parts points outside of it.
  static func read(_ payload: Span<UInt8>) -> Batch? {
    var reader = LayoutReader(payload)
    guard let arenaCount = reader.take(UInt32.self), let recordCount = reader.take(UInt32.self),
      let fieldCount = reader.take(UInt32.self), let seriesCount = reader.take(UInt32.self),
      let labelCount = reader.take(UInt32.self), let sampleCount = reader.take(UInt32.self),
      let arena = reader.take(count: Int(arenaCount)),
      fits(recordCount, recordSize, reader), fits(fieldCount, fieldSize, reader),
      fits(seriesCount, seriesSize, reader), fits(labelCount, labelSize, reader),
      fits(sampleCount, sampleSize, reader)
    else { return nil }
    var parts = Parts(arena: arena)
    for _ in 0..<recordCount where !parts.readRecord(&reader) { return nil }
    for _ in 0..<fieldCount where !parts.readField(&reader) { return nil }
    for _ in 0..<seriesCount where !parts.readSeries(&reader) { return nil }
    for _ in 0..<labelCount where !parts.readLabel(&reader) { return nil }
    for _ in 0..<sampleCount where !parts.readSample(&reader) { return nil }
    return parts.batch
  }

  private static func fits(
    _ count: UInt32, _ size: Int, _ reader: borrowing LayoutReader
  ) -> Bool {
    Int(count) <= reader.remaining / size
  }
}

/// The parts of a batch while they are read and checked.
private struct Parts {
  let arena: [UInt8]
  var records: [Record] = []
  var fields: [Field] = []
  var series: [SeriesRow] = []
  var labels: [LabelRow] = []
  var samples: [Sample] = []

  init(arena: [UInt8]) {
    self.arena = arena
  }

  /// The batch, when every range of rows lies within its table.
  var batch: Batch? {
    for record in records where record.fields.upperBound > fields.count { return nil }
    for row in series where row.labels.upperBound > labels.count { return nil }
    for sample in samples where Int(sample.series) >= series.count { return nil }
    return Batch(
      arena: arena, records: records, fields: fields, series: series, labels: labels,
      samples: samples)
  }

  private func slice(_ reader: inout LayoutReader) -> Slice? {
    guard let offset = reader.take(UInt32.self), let count = reader.take(UInt32.self),
      Int(offset) + Int(count) <= arena.count
    else { return nil }
    return Slice(offset: offset, count: count)
  }

  mutating func readRecord(_ reader: inout LayoutReader) -> Bool {
    guard let time = reader.take(Int64.self), let receivedAt = reader.take(Int64.self),
      let level = reader.take(UInt8.self).flatMap(Level.init(rawValue:)),
      let tenant = slice(&reader), let release = slice(&reader), let service = slice(&reader),
      let environment = slice(&reader), let host = slice(&reader), let logger = slice(&reader),
      let message = slice(&reader), let firstField = reader.take(UInt32.self),
      let fieldCount = reader.take(UInt32.self)
    else { return false }
    var record = Record(time: time, receivedAt: receivedAt)
    record.level = level
    record.tenant = tenant
    record.release = release
    record.service = service
    record.environment = environment
    record.host = host
    record.logger = logger
    record.message = message
    record.firstField = firstField
    record.fieldCount = fieldCount
    records.append(record)
    return true
  }

  mutating func readField(_ reader: inout LayoutReader) -> Bool {
    guard let name = slice(&reader), let value = slice(&reader),
      let kind = reader.take(UInt8.self).flatMap(FieldKind.init(rawValue:))
    else { return false }
    fields.append(Field(name: name, value: value, kind: kind))
    return true
  }

  mutating func readSeries(_ reader: inout LayoutReader) -> Bool {
    guard let tenant = slice(&reader), let firstLabel = reader.take(UInt32.self),
      let labelCount = reader.take(UInt32.self)
    else { return false }
    series.append(SeriesRow(tenant: tenant, firstLabel: firstLabel, labelCount: labelCount))
    return true
  }

  mutating func readLabel(_ reader: inout LayoutReader) -> Bool {
    guard let name = slice(&reader), let value = slice(&reader) else { return false }
    labels.append(LabelRow(name: name, value: value))
    return true
  }

  mutating func readSample(_ reader: inout LayoutReader) -> Bool {
    guard let index = reader.take(UInt32.self), let time = reader.take(Int64.self),
      let bits = reader.take(UInt64.self)
    else { return false }
    samples.append(Sample(series: index, time: time, value: Double(bitPattern: bits)))
    return true
  }
}
