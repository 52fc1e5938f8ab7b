import Bytes
import Model
import Packing

/// What the lines of one series add up to. Counters, timers and histograms only ever grow, as
/// Prometheus' do; a gauge is its last value, a set counts one interval.
struct StatsdAggregate {
  /// Upper bounds of the buckets, seconds for timers: from a fast read to Odoo's default limit of
  /// a request's CPU time.
  static let bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

  let kind: StatsdKind
  /// The counter's total, the gauge's value, or how many values a timer had.
  private(set) var total = 0.0
  private(set) var sum = 0.0
  private(set) var buckets: [Double]
  /// Hashes of a set's members, so that their length costs nothing.
  private(set) var members: Set<UInt64> = []
  /// When its last line came, nanoseconds since 1970.
  private(set) var touchedAt: Int64 = 0
  /// Emitted before; until then a zero is emitted first, so that the first increase shows.
  var isKnown = false

  init(kind: StatsdKind) {
    self.kind = kind
    let isLadder = kind == .timer || kind == .histogram
    buckets = isLadder ? [Double](repeating: 0, count: Self.bounds.count) : []
  }

  mutating func add(_ line: StatsdLine, of bytes: Span<UInt8>, at now: Int64) throws(Fault) {
    // All values are read before one is added: a line counts whole or not at all.
    switch kind {
    case .set:
      guard members.count + line.values.count <= Limits.setValues else {
        throw Fault(.unsupported, "a set of more than \(Limits.setValues)", refused: bytes)
      }
      for value in line.values { members.insert(Checksum.xxh3(bytes.extracting(value))) }
    case .gauge:
      let values = try Self.numbers(line, bytes)
      for (range, value) in zip(line.values, values) {
        let sign = bytes[range.lowerBound]
        // A sign makes it a change; to set a negative gauge, set it to 0 first.
        total = sign == 43 || sign == 45 ? total + value : value
      }
    case .counter:
      for value in try Self.numbers(line, bytes) { total += value / line.rate }
    case .timer, .histogram:
      let values = try Self.numbers(line, bytes)
      if kind == .timer, let negative = values.first(where: { $0 < 0 }) {
        throw Fault(.invalidValue, "a time of \(negative)", refused: bytes)
      }
      for value in values {
        observe(kind == .timer ? value / 1_000 : value, weight: 1 / line.rate)
      }
    }
    touchedAt = now
  }

  mutating func forgetMembers() { members.removeAll() }

  private mutating func observe(_ value: Double, weight: Double) {
    total += weight
    sum += value * weight
    if let place = Self.bounds.firstIndex(where: { value <= $0 }) {
      for index in place..<buckets.count { buckets[index] += weight }
    }
  }

  private static func numbers(
    _ line: StatsdLine, _ bytes: Span<UInt8>
  ) throws(Fault) -> [Double] {
    var numbers: [Double] = []
    for range in line.values {
      guard let value = Numbers.decimal(bytes.extracting(range)) else {
        throw Fault(.invalidValue, "not a finite decimal", refused: bytes)
      }
      numbers.append(value)
    }
    return numbers
  }
}
