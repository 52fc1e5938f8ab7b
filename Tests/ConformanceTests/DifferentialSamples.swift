import Bytes
import Model
import Support

/// Samples for comparing two evaluators: counters with resets, gauges with odd values, histograms,
/// series that end and come back. Values are short binary fractions, so that sums of them are exact
/// in any order; times are 7 ms after a hundredth of a second, so that no edge of a window that is
/// asked for falls on one.
struct DifferentialSamples {
  /// Milliseconds; a multiple of every step that is used.
  static let start: Int64 = 1_760_000_400_000
  private static let interval: Int64 = 15_000
  /// Forty minutes.
  static let count = 160

  private var random: SeededGenerator
  private(set) var series: [StoredSeries] = []

  init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
    for job in ["api", "web"] {
      for instance in ["1", "2", "3"] {
        let own = [("job", job), ("instance", instance)]
        add("load", own) { $0.gauge(of: 64) }
        // Whole scrapes are missing here and there.
        add("temp", instance == "2" ? [("job", job)] : own + [("zone", "z")], gaps: 12) {
          $0.gauge(of: 1_024)
        }
        addOdd(own)
        addCounter("errors_total", own, gaps: 30)
        for code in ["200", "500"] { addCounter("requests_total", own + [("code", code)], gaps: 0) }
      }
      addHistogram("latency", [("job", job)])
      add("build_info", [("job", job), ("version", job == "api" ? "1.2" : "1.3")]) { _ in 1 }
    }
  }

  private mutating func gauge(of size: Int) -> Double {
    Double(Int.random(in: -size * 8...size * 8, using: &random)) / 8
  }

  /// Adds a series; one of `gaps` samples is missing, sometimes behind a stale marker.
  private mutating func add(
    _ name: String, _ labels: [(String, String)], gaps: Int = 0,
    _ value: (inout DifferentialSamples) -> Double
  ) {
    let phase = Int64.random(in: 0..<1_400, using: &random) * 10 + 7
    var times: [Int64] = []
    var values: [Double] = []
    for index in 0..<Self.count {
      let next = value(&self)
      let isMissing = gaps > 0 && Int.random(in: 0..<gaps, using: &random) == 0
      if isMissing, Bool.random(using: &random) { continue }
      times.append(Self.start + Int64(index) * Self.interval + phase)
      values.append(isMissing ? .stale : next)
    }
    series.append(
      StoredSeries(
        tenant: "t",
        labels: Labels(
          ([("__name__", name)] + labels).map { Label(.init($0.0), .init($0.1)) }),
        times: times, values: values))
  }

  /// Counters start so high that none is taken to have been zero shortly before.
  private mutating func addCounter(_ name: String, _ labels: [(String, String)], gaps: Int) {
    let floor = 1_048_576.0
    var total = floor
    add(name, labels, gaps: gaps) { samples in
      let isReset = Int.random(in: 0..<50, using: &samples.random) == 0
      total = isReset ? floor : total + Double(Int.random(in: 0...40, using: &samples.random))
      return total
    }
  }

  private mutating func addHistogram(_ name: String, _ labels: [(String, String)]) {
    let bounds = ["0.1", "0.5", "1", "5", "+Inf"]
    for (index, bound) in bounds.enumerated() {
      var total = 1_048_576.0 * Double(index + 1)
      add("\(name)_bucket", labels + [("le", bound)]) { samples in
        total += Double(Int.random(in: (index * 5)...(index * 5 + 4), using: &samples.random))
        return total
      }
    }
  }

  private mutating func addOdd(_ labels: [(String, String)]) {
    let values: [Double] = [.nan, .infinity, -.infinity, -0.0, 0, 1e300, -1e-300, 5, -7.5]
    add("odd", labels) { values.randomElement(using: &$0.random) ?? 0 }
  }
}

extension Double {
  /// Prometheus' stale marker.
  fileprivate static let stale = Double(bitPattern: 0x7FF0_0000_0000_0002)
}
