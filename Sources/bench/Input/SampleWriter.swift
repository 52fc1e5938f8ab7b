import Packing

/// How many samples of how many series, scraped together every 15 seconds.
struct SampleShape: Sendable {
  var series = 20_000
  var steps: Int
  /// Samples of one request.
  var perRequest = 5_000
  var seed: UInt64 = 7

  /// As many whole steps as those samples fill, at least one.
  init(samples: Int) {
    steps = max(1, samples / series)
  }

  var samples: Int { series * steps }

  /// What the file of it is called.
  var fileName: String { "samples-\(series)x\(steps)-\(seed).rw" }
}

/// Writes remote-write requests (prometheus/prompb/remote.proto, version 1, packed with snappy),
/// each behind its length in four bytes, lowest first: a third counters, a third gauges that
/// wander, a third buckets of histograms, of 50 tenants.
struct SampleWriter {
  /// 2025-11-20T00:00:00Z in milliseconds.
  private static let start = 1_763_596_800_000
  private static let interval = 15_000
  private static let names = [
    "odoo_rpc_calls_total", "odoo_worker_memory_ratio", "odoo_rpc_duration_seconds_bucket",
  ]
  private static let bounds = [
    "0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1", "2", "5", "10", "30", "+Inf",
  ]

  private let shape: SampleShape
  /// Each series' labels as they stand in every request.
  private let labels: [[UInt8]]
  private var values: [Double]
  private var dice: Dice
  private var step = 0
  private var first = 0

  init(_ shape: SampleShape) {
    self.shape = shape
    var dice = Dice(seed: shape.seed)
    labels = (0..<shape.series).map(Self.labels)
    values = (0..<shape.series).map { $0 % 3 == 1 ? dice.fraction() : 0 }
    self.dice = dice
  }

  /// Appends the next request; false when all are written.
  mutating func next(_ bytes: inout [UInt8]) -> Bool {
    guard step < shape.steps else { return false }
    let end = min(first + shape.perRequest, shape.series)
    var message: [UInt8] = []
    for series in first..<end {
      advance(series)
      Self.append(field: 1, labels[series] + sample(values[series]), to: &message)
    }
    let packed = Snappy.compress(message)
    for shift in stride(from: 0, to: 32, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: packed.count >> shift))
    }
    bytes += packed
    first = end
    if first == shape.series {
      first = 0
      step += 1
    }
    return true
  }

  private mutating func advance(_ series: Int) {
    switch series % 3 {
    case 0: values[series] += Double(dice.whole(0..<40))
    case 1:
      let moved = min(1, max(0, values[series] + (dice.fraction() - 0.5) / 10))
      // Exporters print few digits.
      values[series] = (moved * 10_000).rounded() / 10_000
    default: values[series] += Double(dice.whole(0..<3))
    }
  }

  private static func labels(of series: Int) -> [UInt8] {
    let tenant = series / 3 % 50
    var pairs = [
      ("__name__", names[series % 3]), ("instance", "odoo-\(series / 150 % 97):8069"),
      ("job", "odoo"), ("release", tenant % 3 == 0 ? "17.0.42.0" : "17.0.41.2"),
      ("route", "/route/\(series / 36)"), ("tenant", "tenant-\(tenant)"),
    ]
    // Labels are sorted by name.
    if series % 3 == 2 { pairs.insert(("le", bounds[series / 3 % 12]), at: 3) }
    var bytes: [UInt8] = []
    for (name, value) in pairs {
      var label: [UInt8] = []
      append(field: 1, Array(name.utf8), to: &label)
      append(field: 2, Array(value.utf8), to: &label)
      append(field: 1, label, to: &bytes)
    }
    return bytes
  }

  /// Field 1 is a 64-bit value (wire type 1), field 2 a varint (wire type 0).
  private func sample(_ value: Double) -> [UInt8] {
    var sample: [UInt8] = [1 << 3 | 1]
    for shift in stride(from: 0, to: 64, by: 8) {
      sample.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt64(shift)))
    }
    sample.append(2 << 3)
    VariableInteger.append(UInt64(Self.start + step * Self.interval), to: &sample)
    var bytes: [UInt8] = []
    Self.append(field: 2, sample, to: &bytes)
    return bytes
  }

  /// A field whose length stands before it (wire type 2).
  private static func append(field: UInt64, _ part: [UInt8], to bytes: inout [UInt8]) {
    VariableInteger.append(field << 3 | 2, to: &bytes)
    VariableInteger.append(UInt64(part.count), to: &bytes)
    bytes += part
  }
}
