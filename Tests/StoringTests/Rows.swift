import Bytes
import Dispatch
import Model
import Packing
import Storing
import Support
import Synchronization

/// Small batches with rows that can be told apart, and readers of all that a store holds.
enum Rows {
  static let now: Int64 = 1_795_132_800_000_000_000
  static let second: Int64 = 1_000_000_000

  /// `count` records named `name/0`, `name/1`, ... and `samples` samples of a series of its own.
  static func batch(
    _ name: String, count: Int = 3, samples: Int = 1, time: Int64 = now
  ) -> Batch {
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
    guard samples > 0 else { return batch }
    batch.startSeries(tenant: batch.intern(ByteString("t0")))
    batch.addLabel(batch.intern(ByteString("__name__")), batch.intern(ByteString("m")))
    batch.addLabel(batch.intern(ByteString("batch")), batch.intern(ByteString(name)))
    if let series = try? batch.finishSeries() {
      for number in 0..<samples {
        batch.append(
          sample: Sample(
            series: series, time: time / 1_000_000 + Int64(number),
            value: 0.1 + 0.2 + Double(number)))
      }
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

  static func settings(retention: Int64 = .max) -> StoreSettings {
    StoreSettings(retention: retention)
  }

  static func open(
    _ disk: any Disk, _ folder: String = "/store", settings: StoreSettings = settings(),
    clock: Clock = Clock()
  ) throws -> Store {
    try Store(opening: folder, on: disk, settings: settings, clock: { clock.now })
  }

  /// Appends and waits for the outcome.
  @discardableResult
  static func append(
    _ batch: Batch, to store: Store, key: ByteString? = nil
  ) throws -> Receipt {
    try append([(batch, key)], to: store)[0].get()
  }

  /// Appends several and waits for all outcomes. All but the last may wait for it, so that they
  /// mostly share its group. `done` is called with each outcome as it comes.
  static func append(
    _ batches: [(batch: Batch, key: ByteString?)], to store: Store,
    done: @escaping @Sendable (Int) -> Void = { _ in }
  ) -> [Result<Receipt, StoreFault>] {
    let outcomes = Mutex<[Int: Result<Receipt, StoreFault>]>([:])
    let finished = DispatchSemaphore(value: 0)
    for (index, one) in batches.enumerated() {
      store.append(
        one.batch, idempotencyKey: one.key, mayWait: index < batches.count - 1
      ) { result in
        if case .success = result { done(index) }
        outcomes.withLock { $0[index] = result }
        finished.signal()
      }
    }
    for _ in batches { finished.wait() }
    return outcomes.withLock { all in batches.indices.map { all[$0] ?? .failure(.closed) } }
  }
}

/// A clock that stands still until a test moves it; nanoseconds.
final class Clock: Sendable {
  private let time: Mutex<Int64>

  init(_ time: Int64 = Rows.now) {
    self.time = Mutex(time)
  }

  var now: Int64 { time.withLock { $0 } }

  func advance(_ nanoseconds: Int64) {
    time.withLock { $0 += nanoseconds }
  }
}

extension Rows {
  /// A row as a whole: everything it holds, in one number, and how to speak of it.
  struct Piece: Sendable, Hashable {
    let digest: UInt64
    let name: ByteString

    static func == (left: Piece, right: Piece) -> Bool { left.digest == right.digest }

    func hash(into hasher: inout Hasher) {
      hasher.combine(digest)
    }
  }

  /// The rows of a batch, records first.
  static func pieces(of batch: Batch) -> [Piece] {
    let records = batch.records.map { piece($0, batch) }
    return records
      + batch.samples.map { sample in
        let row = batch.series[Int(sample.series)]
        return piece(
          batch.string(row.tenant), batch.labels(ofSeries: Int(sample.series)), sample.time,
          sample.value)
      }
  }

  /// How often each row is there.
  static func pieces(in store: Store) throws -> [Piece: Int] {
    var found: [Piece: Int] = [:]
    try store.scan(in: .fleet, from: .min, to: .max) { batch in
      for record in batch.records { found[piece(record, batch), default: 0] += 1 }
      return true
    }
    for one in try series(store) {
      for (time, value) in zip(one.times, one.values) {
        found[piece(one.tenant, one.labels, time, value), default: 0] += 1
      }
    }
    return found
  }

  static func series(_ store: Store, metric: ByteString? = nil) throws -> [StoredSeries] {
    try store.series(
      in: .fleet, metric: metric, from: .min, through: .max, where: { _, _ in true })
  }

  /// Everything is in it, each part with its length before it, so that no two rows are alike by
  /// chance.
  private static func piece(_ record: Record, _ batch: Batch) -> Piece {
    var bytes: [UInt8] = [record.level.rawValue]
    put(record.time, &bytes)
    put(record.receivedAt, &bytes)
    for slice in [
      record.tenant, record.release, record.service, record.environment, record.host,
      record.logger, record.message,
    ] { put(slice, batch, &bytes) }
    var name = ByteString.empty
    // Of one name and kind they keep their order.
    let fields = batch.fields[record.fields].enumerated().sorted { left, right in
      let (one, other) = (batch.arena[left.1.name.range], batch.arena[right.1.name.range])
      if !one.elementsEqual(other) { return one.lexicographicallyPrecedes(other) }
      return (left.1.kind.rawValue, left.0) < (right.1.kind.rawValue, right.0)
    }
    for (_, field) in fields {
      put(field.name, batch, &bytes)
      put(field.value, batch, &bytes)
      bytes.append(field.kind.rawValue)
      if batch.arena[field.name.range].elementsEqual("row".utf8) {
        name = batch.string(field.value)
      }
    }
    return Piece(digest: Checksum.xxh3(bytes), name: name)
  }

  private static func piece(
    _ tenant: ByteString, _ labels: Labels, _ time: Int64, _ value: Double
  ) -> Piece {
    var bytes = tenant.bytes
    for label in labels.pairs {
      put(Int64(label.name.count), &bytes)
      bytes += label.name.bytes
      put(Int64(label.value.count), &bytes)
      bytes += label.value.bytes
    }
    put(time, &bytes)
    put(Int64(bitPattern: value.bitPattern), &bytes)
    return Piece(digest: Checksum.xxh3(bytes), name: labels["batch"] ?? "a sample")
  }

  private static func put(_ slice: Slice, _ batch: Batch, _ bytes: inout [UInt8]) {
    put(Int64(slice.count), &bytes)
    bytes.append(contentsOf: batch.arena[slice.range])
  }

  private static func put(_ number: Int64, _ bytes: inout [UInt8]) {
    for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: number >> Int64(8 * shift))) }
  }

  /// How often each record is there, by its name.
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

  /// Everything a store holds, a line for each record and each sample, sorted.
  static func text(of store: Store) throws -> [String] {
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
    for one in try series(store) {
      let labels = one.labels.pairs.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
      for (time, value) in zip(one.times, one.values) {
        lines.append(
          "sample \(one.tenant) \(labels) \(time) \(String(value.bitPattern, radix: 16))")
      }
    }
    return lines.sorted()
  }
}

extension Rows {
  /// Values that codecs get wrong: signed zero, NaN payloads, subnormals, beyond 2^53, and such.
  static let awkward: [Double] = [
    -0.0, 0, .leastNonzeroMagnitude, .leastNormalMagnitude, 1e308, -1e308, 0.1 + 0.2, 1.1, 1e-7,
    9_007_199_254_740_994, 0x1p63, .infinity, -.infinity, 12_345_678.9,
    Double(bitPattern: 0x7ff0_0000_0000_0002), Double(bitPattern: 0x7ff8_0000_dead_beef),
    Double(bitPattern: 0xfff8_0000_0000_0000),
  ]

  /// A batch of any shape, for round trips. Times of samples stay apart between batches.
  static func random(_ random: inout SeededGenerator, number: Int) -> Batch {
    var batch = Batch()
    for _ in 0..<Int.random(in: 0...20, using: &random) {
      for _ in 0..<Int.random(in: 0...5, using: &random) {
        let kind = FieldKind(rawValue: UInt8.random(in: 0...3, using: &random)) ?? .text
        batch.addField(name(&random, &batch), value(&random, &batch), kind)
      }
      var record = Record(
        time: Int64(bitPattern: random.next()) / 2, receivedAt: Int64(bitPattern: random.next()))
      if Bool.random(using: &random) {
        record.time = now + Int64.random(in: 0...1_000_000, using: &random)
        record.receivedAt = record.time + Int64.random(in: 0...1_000, using: &random)
      }
      record.level = Level(rawValue: UInt8.random(in: 0...7, using: &random)) ?? .unknown
      record.tenant = name(&random, &batch)
      record.release = name(&random, &batch)
      record.host = bytes(&random, &batch)
      record.logger = name(&random, &batch)
      record.message = value(&random, &batch)
      batch.append(record: record)
    }
    for metric in 0..<Int.random(in: 0...4, using: &random) {
      batch.startSeries(tenant: name(&random, &batch))
      batch.addLabel(
        batch.intern(ByteString("__name__")), batch.intern(ByteString("m\(metric)")))
      batch.addLabel(batch.intern(ByteString("odd")), batch.intern(ByteString("\u{e9}\u{0}\"")))
      guard let series = try? batch.finishSeries() else { continue }
      let isRegular = Bool.random(using: &random)
      for place in 0..<Int.random(in: 0...12, using: &random) {
        let base = (Int64(number) * 4 + Int64(metric)) * 1_000_000_000
        let jitter = isRegular ? 0 : Int64.random(in: 0...900, using: &random)
        batch.append(
          sample: Sample(
            series: series, time: base + Int64(place) * 1_000 + jitter,
            value: value(&random)))
      }
    }
    return batch
  }

  private static func value(_ random: inout SeededGenerator) -> Double {
    switch Int.random(in: 0...3, using: &random) {
    case 0: awkward.randomElement(using: &random) ?? 0
    case 1: Double(bitPattern: random.next())
    case 2: Double(Int.random(in: -1_000...1_000, using: &random)) / 10
    default: Double(Int.random(in: 0...1 << 40, using: &random))
    }
  }

  /// One of few, so that dictionaries and constants are met.
  private static func name(_ random: inout SeededGenerator, _ batch: inout Batch) -> Slice {
    let names = ["", "a", "acme", "blue-freight", "\u{e9}", "e\u{301}", "17.0.42.0"]
    return batch.intern(ByteString(names.randomElement(using: &random) ?? ""))
  }

  /// What fields and messages hold: integers with and without zeros before them, decimals, hex,
  /// addresses, templates, long runs and any bytes.
  private static func value(_ random: inout SeededGenerator, _ batch: inout Batch) -> Slice {
    let number = random.next()
    let texts = [
      String(number), "-\(number % 1_000)", "00\(number % 100)", "+5", "1e5", "-0", "0.10",
      "\(number % 1_000).\(number % 97)", String(number, radix: 16),
      "0" + String(number, radix: 16), "10.0.\(number % 300).7", "true", "", " ", "\u{0}",
      "order \(number % 50) of acme: \(number % 7) lines in 0.0\(number % 9) s",
      String(repeating: "x", count: Int(number % 700)), "é\u{301}\n\t\"",
      "550e8400-e29b-41d4-a716-44665544000\(number % 16)", "9223372036854775808",
    ]
    if number % 5 == 0 { return bytes(&random, &batch) }
    return batch.intern(ByteString(texts.randomElement(using: &random) ?? ""))
  }

  private static func bytes(_ random: inout SeededGenerator, _ batch: inout Batch) -> Slice {
    let count = Int.random(in: 0...30, using: &random)
    return batch.intern((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
  }
}
