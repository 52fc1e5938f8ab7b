import Bytes
import Glibc
import Judging
import Model
import Querying
import Support

/// Counts per minute of a made-up fleet, and an evaluator that answers the queries of its two
/// processes from them. All noise comes from the seed.
struct SyntheticFleet {
  /// What goes wrong: for whom, where, since how many minutes, in which share of operations.
  struct Breakage {
    var tenants: Range<Int>
    var process: Int
    var minutes: Int
    var share: Double
    /// Whether operations vanish rather than fail.
    var vanishes = false
    /// How many times longer operations take.
    var slowness = 1.0
  }

  static let now: Int64 = 1_795_435_200 * Instant.second
  static let minutes = 7 * 1_440
  static let processes = ["order_import", "picking"].map { name in
    BusinessProcess(
      name: ByteString(name), title: name, unit: "orders",
      worth: BusinessProcess.Worth(amount: 85, currency: "EUR"),
      done: [.init(.logql, ByteString("{good=\"\(name)\"}"))],
      bad: [.init(.logql, ByteString("{bad=\"\(name)\"}"))],
      timing: .init(query: ByteString("{good=\"\(name)\"}"), field: "duration"))
  }

  static func tenant(_ index: Int) -> ByteString {
    ByteString("tenant-" + Instant.padded(index, 2))
  }

  /// Good, bad and slowest per tenant, process and minute.
  private var good: [[[Double]]] = []
  private var bad: [[[Double]]] = []
  private var slowest: [[[Double]]] = []

  /// `perMinute` is each tenant's median load at noon; sizes vary by a factor of about three.
  init(
    seed: UInt64, tenants: Int = 12, perMinute: Double = 6, days: Int = 3,
    breakage: Breakage? = nil
  ) {
    var dice = SeededGenerator(seed: seed)
    for tenant in 0..<tenants {
      good.append([])
      bad.append([])
      slowest.append([])
      for process in 0..<2 {
        let size = perMinute * exp(0.6 * Self.normal(&dice))
        let rate = 0.006 * exp(0.8 * Self.normal(&dice))
        let median = 0.3 * exp(0.4 * Self.normal(&dice))
        var well: [Double] = []
        var failed: [Double] = []
        var slow: [Double] = []
        var wander = 1.0
        for minute in 0..<Self.minutes {
          if minute % 60 == 0 { wander = Self.gamma(4, &dice) / 4 }
          guard minute >= Self.minutes - days * 1_440 else {
            well.append(0)
            failed.append(0)
            slow.append(.nan)
            continue
          }
          // Now is at two hours before the busiest one.
          let hour = Double((minute + 720) % 1_440) / 60
          var load = size * (0.15 + 0.85 * exp(-pow((hour - 14) / 4, 2)))
          var share = Swift.min(0.5, rate * wander)
          var pace = 1.0
          if let breakage, breakage.tenants.contains(tenant), breakage.process == process,
            minute >= Self.minutes - breakage.minutes
          {
            share = Swift.max(share, breakage.share)
            if breakage.vanishes { load = 0 }
            pace = breakage.slowness
          }
          let failures = Self.poisson(load * share, &dice)
          well.append(Self.poisson(load * (1 - share), &dice))
          failed.append(failures)
          let count = failures + (well.last ?? 0)
          slow.append(
            count == 0
              ? .nan : median * pace * (1 + 0.3 * log(count)) * exp(0.4 * Self.normal(&dice)))
        }
        good[tenant].append(well)
        bad[tenant].append(failed)
        slowest[tenant].append(slow)
      }
    }
  }

  /// Answers from the table; the tenants it names are labels, as in a read of the fleet.
  var evaluator: Evaluator {
    Evaluator { _, text, times in
      let process = text.contains("order_import") ? 0 : 1
      let isTiming = text.contains("quantile_over_time")
      let table = isTiming ? slowest : text.contains("good=") ? good : bad
      let series = table.indices.map { tenant in
        MatrixSeries(
          labels: Labels([Label("tenant", Self.tenant(tenant))]),
          points: (0..<times.count).compactMap { index in
            point(
              table[tenant][process], times.instant(index),
              times.count == 1 ? 3_600_000 : times.step, isTiming)
          })
      }
      return .matrix(series.filter { !$0.points.isEmpty })
    }
  }

  private func point(
    _ minutes: [Double], _ instant: Int64, _ step: Int64, _ isTiming: Bool
  ) -> Point? {
    let end = Self.minutes - Int((Self.now / 1_000_000 - instant) / 60_000)
    let start = end - Swift.max(1, Int(step / 60_000))
    guard end > Self.minutes - 3 * 1_440 else { return nil }
    if step == 60_000 {
      let value = minutes[end - 1]
      return value > 0 ? Point(time: instant, value: value) : nil
    }
    let values = minutes[Swift.max(0, start)..<Swift.max(0, Swift.min(end, Self.minutes))].filter {
      $0.isFinite && $0 > 0
    }
    guard !values.isEmpty else { return nil }
    return Point(
      time: instant, value: isTiming ? values.max() ?? 0 : values.reduce(0, +))
  }

  static func uniform(_ dice: inout SeededGenerator) -> Double {
    (Double(dice.next() >> 11) + 0.5) / 9_007_199_254_740_992
  }

  static func normal(_ dice: inout SeededGenerator) -> Double {
    (-2 * log(uniform(&dice))).squareRoot() * cos(2 * .pi * uniform(&dice))
  }

  static func poisson(_ mean: Double, _ dice: inout SeededGenerator) -> Double {
    if mean > 20 { return Swift.max(0, (mean + mean.squareRoot() * normal(&dice)).rounded()) }
    let limit = exp(-mean)
    var product = uniform(&dice)
    var count = 0.0
    while product > limit {
      product *= uniform(&dice)
      count += 1
    }
    return count
  }

  /// A gamma variable of whole shape.
  static func gamma(_ shape: Int, _ dice: inout SeededGenerator) -> Double {
    (0..<shape).reduce(0) { sum, _ in sum - log(uniform(&dice)) }
  }

  /// A timeline in which all run 17.0.1 for a month, and `tenants` got 17.0.2 so long ago.
  static func timeline(_ tenants: Range<Int>, minutes: Int) -> Timeline {
    let first = DeployEvent(
      service: "odoo", environment: "", tenants: nil, instances: nil, release: "17.0.1",
      previous: nil, kind: .deploy, start: now - 30 * 86_400 * Instant.second, end: nil)
    let second = DeployEvent(
      service: "odoo", environment: "", tenants: tenants.map(tenant), instances: nil,
      release: "17.0.2", previous: "17.0.1", kind: .deploy,
      start: now - Int64(minutes) * 60 * Instant.second, end: nil)
    return Timeline([first, second])
  }
}
