import Decoding
import Model
import Packing
import Support
import Synchronization
import Testing

/// Remote write of series that the store knows: whatever is known, and however a sender writes it,
/// the same samples come out as when nothing is known.
struct KnownSeriesTests {
  /// Knows what it was taught.
  private final class Directory: SeriesDirectory {
    private let known = Mutex<[(fingerprint: Fingerprint, labels: Labels)]>([])

    func numbers(of fingerprints: [Fingerprint]) -> [UInt32] {
      known.withLock { known in
        fingerprints.map { wanted in
          let place = known.firstIndex { $0.fingerprint == wanted && wanted != .none }
          return place.map { UInt32($0 + 1) } ?? 0
        }
      }
    }

    /// Learns the described series of a batch that `wanted` lets pass.
    func learn(_ batch: Batch, where wanted: (Int) -> Bool) {
      known.withLock { known in
        for (index, row) in batch.series.enumerated()
        where row.id == 0 && row.fingerprint != .none && wanted(index) {
          known.append((row.fingerprint, batch.labels(ofSeries: index)))
        }
      }
    }

    func labels(of number: UInt32) -> Labels { known.withLock { $0[Int(number) - 1].labels } }
  }

  private struct Row: Hashable {
    let labels: String
    let time: Int64
    let bits: UInt64
  }

  private func decode(_ bytes: [UInt8], _ directory: Directory? = nil) throws -> Batch {
    var batch = Batch()
    var format = RemoteWrite()
    let source = FrameSource(key: 1, receivedAt: 1, directory: directory, salt: 7)
    try format.decode(Snappy.compress(bytes).span, from: source, into: &batch)
    return batch
  }

  /// What a batch holds, in an order of its own.
  private func rows(_ batch: Batch, _ directory: Directory) -> [Row: Int] {
    var found: [Row: Int] = [:]
    func add(_ labels: Labels, _ time: Int64, _ value: Double) {
      let row = Row(
        labels: labels.pairs.map { "\($0.name)=\($0.value)" }.joined(separator: ","), time: time,
        bits: value.bitPattern)
      found[row, default: 0] += 1
    }
    for sample in batch.samples {
      let series = Int(sample.series)
      let number = batch.series[series].id
      add(
        number == 0 ? batch.labels(ofSeries: series) : directory.labels(of: number),
        sample.time, sample.value)
    }
    for (place, number) in batch.known.numbers.enumerated() {
      add(directory.labels(of: number), batch.known.times[place], batch.known.values[place])
    }
    return found
  }

  private static let times: [Int64] = [
    0, -1, 1, 127, 128, 1_795_248_000_000, 1_795_248_000_001, .max, .min, 1 << 48, 1 << 49,
  ]

  /// Some series, some of them in a form that no usual sender writes unless `isPlain`.
  private func request(_ random: inout SeededGenerator, isPlain: Bool) -> [UInt8] {
    var builder = WriteRequestBuilder()
    for place in 0..<Int.random(in: 0...12, using: &random) {
      let labels = [("__name__", "m\(place)"), ("l", "v")]
      let count = Int.random(in: 0...3, using: &random)
      let samples = (0..<count).map { _ in
        (
          Double(bitPattern: random.next()),
          Self.times.randomElement(using: &random) ?? 0
        )
      }
      switch isPlain ? 5 : Int.random(in: 0...5, using: &random) {
      case 0:
        // Samples first, then a field of a later version.
        let all = samples.flatMap { WriteRequestBuilder.sample($0.0.bitPattern, $0.1) }
        let own = labels.flatMap { WriteRequestBuilder.label($0.0, $0.1) }
        builder.raw(WriteRequestBuilder.field(1, all + own + WriteRequestBuilder.field(9, [1])))
      case 1:
        // A sample without a value, as zero is left out, and one without a time.
        let bare = WriteRequestBuilder.field(2, [0x10, 5]) + WriteRequestBuilder.field(2, [])
        builder.series(labels, samples, extra: bare)
      default: builder.series(labels, samples)
      }
    }
    return builder.bytes
  }

  @Test func whatIsKnownChangesNoSample() throws {
    var whole = 0
    for seed in 0..<400 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      let directory = Directory()
      for round in 0..<4 {
        let bytes = request(&random, isPlain: seed % 2 == 0)
        let isTaughtAll = seed % 3 == 0 && round > 0
        let first = try decode(bytes, directory)
        directory.learn(first) { isTaughtAll || $0 % 2 == round % 2 }
        let batch = try decode(bytes, directory)
        let plain = try decode(bytes)
        #expect(rows(batch, directory) == rows(plain, directory), "seed \(seed)")
        #expect(batch.rowCount == plain.rowCount, "seed \(seed)")
        if !batch.known.isEmpty { whole += 1 }
      }
    }
    #expect(whole > 50, "requests of known series only were hardly met: \(whole)")
  }

  @Test func whatCannotBeCutIsRefusedWhole() throws {
    var builder = WriteRequestBuilder()
    for place in 0..<3 { builder.series([("__name__", "m\(place)")], [(1, 1_795_248_000_000)]) }
    let directory = Directory()
    directory.learn(try decode(builder.bytes, directory)) { _ in true }
    let whole = builder.bytes
    #expect(try decode(whole, directory).known.count == 3)
    for length in 1..<whole.count where !length.isMultiple(of: whole.count / 3) {
      #expect(throws: Fault.self) { try decode(Array(whole[..<length]), directory) }
    }
    // No byte may trap, whatever it says.
    for place in whole.indices {
      for byte in [0, 0x7F, 0x80, 0xFF] as [UInt8] {
        var broken = whole
        broken[place] = byte
        _ = try? decode(broken, directory)
      }
    }
  }
}
