import Bytes
import Model
import Storing
import Support

/// Small batches with rows that can be told apart.
enum Rows {
  static let now: Int64 = 1_795_132_800_000_000_000

  /// `count` records named `name/0`, `name/1`, ... and one sample each.
  static func batch(_ name: String, count: Int = 3, time: Int64 = now) -> Batch {
    var batch = Batch()
    for number in 0..<count {
      batch.addField("row", batch.intern(ByteString("\(name)/\(number)")), .text)
      var record = Record(time: time + Int64(number), receivedAt: now)
      record.level = .info
      record.tenant = batch.intern(ByteString("t\(number % 2)"))
      // Long and hardly compressible, so that frames span sectors.
      var noise = SeededGenerator(seed: UInt64(number))
      let words = (0..<6).map { _ in String(noise.next(), radix: 36) }.joined(separator: " ")
      record.message = batch.intern(ByteString("message of \(name): \(words)"))
      batch.append(record: record)
    }
    batch.startSeries(tenant: batch.intern(ByteString("t0")))
    batch.addLabel(batch.intern(ByteString("__name__")), batch.intern(ByteString("m")))
    batch.addLabel(batch.intern(ByteString("batch")), batch.intern(ByteString(name)))
    if let series = try? batch.finishSeries() {
      batch.append(sample: Sample(series: series, time: time / 1_000_000, value: 0.1 + 0.2))
    }
    return batch
  }

  /// Samples of the one series `m`; times are milliseconds.
  static func samples(_ samples: [(time: Int64, value: Double)]) -> Batch {
    var batch = Batch()
    batch.startSeries(tenant: batch.intern(ByteString("t")))
    batch.addLabel(batch.intern(ByteString("__name__")), batch.intern(ByteString("m")))
    if let series = try? batch.finishSeries() {
      for (time, value) in samples {
        batch.append(sample: Sample(series: series, time: time, value: value))
      }
    }
    return batch
  }

  /// Everything a store holds, a line for each record and each sample.
  static func text(of store: Store) throws -> String {
    var lines: [String] = []
    try store.scan(in: .fleet, from: .min, to: .max) { batch in
      for record in batch.records {
        let fields = batch.fields[record.fields].map {
          "\(batch.string($0.name))=\(batch.string($0.value)):\($0.kind)"
        }
        let words = [
          record.tenant, record.release, record.service, record.environment, record.host,
          record.logger, record.message,
        ].map { batch.string($0).text }
        lines.append(
          "record \(record.time) \(record.receivedAt) \(record.level) "
            + (words + fields).joined(separator: "|"))
      }
      return true
    }
    let series = try store.series(
      in: .fleet, metric: nil, from: .min, through: .max, where: { _, _ in true })
    for one in series {
      let labels = one.labels.pairs.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
      for (time, value) in zip(one.times, one.values) {
        lines.append(
          "sample \(one.tenant) \(labels) \(time) \(String(value.bitPattern, radix: 16))")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// How often each row is there.
  static func count(_ store: Store) throws -> [String: Int] {
    var counts: [String: Int] = [:]
    try store.scan(in: .fleet, from: .min, to: .max) { batch in
      for record in batch.records {
        counts[batch.field("row", of: record)?.text ?? "", default: 0] += 1
      }
      return true
    }
    return counts
  }

  static func settings(retention: Int64 = .max) -> StoreSettings {
    StoreSettings(retention: retention)
  }

  static func open(_ disk: any Disk, _ folder: String = "/store") throws -> Store {
    try Store(opening: folder, on: disk, settings: settings(), clock: { now })
  }

  /// A batch of any shape, for round trips.
  static func random(_ random: inout SeededGenerator) -> Batch {
    var batch = Batch()
    for _ in 0..<Int.random(in: 0...20, using: &random) {
      for _ in 0..<Int.random(in: 0...5, using: &random) {
        batch.addField(bytes(&random, &batch), bytes(&random, &batch), .integer)
      }
      var record = Record(
        time: Int64(bitPattern: random.next()) / 2, receivedAt: Int64(bitPattern: random.next()))
      record.level = Level(rawValue: UInt8.random(in: 0...7, using: &random)) ?? .unknown
      record.tenant = bytes(&random, &batch)
      record.host = bytes(&random, &batch)
      record.message = bytes(&random, &batch)
      batch.append(record: record)
    }
    for number in 0..<Int.random(in: 0...5, using: &random) {
      batch.startSeries(tenant: bytes(&random, &batch))
      batch.addLabel(
        batch.intern(ByteString("__name__")), batch.intern(ByteString("m\(number)")))
      guard let series = try? batch.finishSeries() else { continue }
      for _ in 0..<Int.random(in: 0...10, using: &random) {
        batch.append(
          sample: Sample(
            series: series, time: Int64(bitPattern: random.next()),
            value: Double(bitPattern: random.next())))
      }
    }
    return batch
  }

  private static func bytes(_ random: inout SeededGenerator, _ batch: inout Batch) -> Slice {
    let count = Int.random(in: 0...30, using: &random)
    return batch.intern((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
  }
}
