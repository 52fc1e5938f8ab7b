package import Bytes
package import Model
import Querying

extension ReleaseComparison {
  /// Compares `release` with what each tenant ran before, or with its last day on `baseline`.
  /// `owner` is the tenant of an evaluator whose answers name none, being one tenant's. `now` is in
  /// nanoseconds. A process whose queries fail is left out with a warning; throws what every
  /// process failed with.
  package init(
    of release: ByteString, baseline: ByteString? = nil, processes: [BusinessProcess],
    timeline: Timeline, owner: ByteString = Tenant.platform, now: Int64, evaluator: Evaluator
  ) throws {
    let reader = TallyReader(evaluator: evaluator, owner: owner)
    var findings: [ComparisonJudge.Finding] = []
    var warnings: [String] = []
    var failure: (any Error)?
    var successes = 0
    for process in processes {
      let spans = ReleaseSpans(
        release: release, baseline: baseline, service: process.service,
        environment: process.environment, timeline: timeline, now: now / 1_000_000)
      guard let from = Self.start(spans) else {
        warnings.append("release \(release.text) never went to service \(process.service.text)")
        continue
      }
      do {
        let slots = Slots(from: from, through: now / 1_000_000)
        let judge = ComparisonJudge(
          process: process, tally: try reader.tally(of: process, over: slots), spans: spans)
        findings += try Self.timed(judge.findings(), process, reader)
        successes += 1
      } catch {
        warnings.append("\(process.name.text): \(Self.sentence(error))")
        failure = error
      }
    }
    if successes == 0, let failure { throw failure }
    self.init(
      release: release, baseline: baseline, now: now, rows: Self.judged(findings),
      warnings: warnings)
  }

  /// Where the earliest window of any tenant begins, in milliseconds; nil when nobody was exposed.
  private static func start(_ spans: ReleaseSpans) -> Int64? {
    // A tenant that no event names stands for all that are only met in the data.
    let named = Set(spans.timeline.events.flatMap { $0.tenants ?? [] }).union([.empty])
    return named.compactMap { tenant in
      spans.spans(of: tenant).map { Swift.min($0.before.lowerBound, $0.after.lowerBound) }
    }.min()
  }

  /// Windows whose durations are asked for; tenants of one wave share theirs.
  private static let timedWindows = 64

  /// Adds the 95th percentiles, asked once per window, the latest windows first.
  private static func timed(
    _ findings: [ComparisonJudge.Finding], _ process: BusinessProcess, _ reader: TallyReader
  ) throws -> [ComparisonJudge.Finding] {
    guard let timing = process.timing else { return findings }
    var windows: Set<Range<Int64>> = []
    for finding in findings {
      for period in [finding.row.before, finding.row.after] { windows.insert(period.window) }
    }
    var answers: [Range<Int64>: [ByteString: Double]] = [:]
    let latestFirst = windows.sorted { left, right in left.upperBound > right.upperBound }
    for window in latestFirst.filter({ !$0.isEmpty }).prefix(timedWindows) {
      answers[window] = try reader.slowest(
        timing, from: window.lowerBound, to: window.upperBound)
    }
    func slowest(_ tenant: ByteString, _ period: Period) -> Double? {
      answers[period.window]?[tenant]
    }
    return findings.map { finding in
      var timed = finding
      timed.row.before.slowest = slowest(finding.row.tenant, finding.row.before)
      timed.row.after.slowest = slowest(finding.row.tenant, finding.row.after)
      return timed
    }
  }

  static func sentence(_ error: any Error) -> String {
    (error as? QueryFault)?.message ?? "\(error)"
  }
}

extension ReleaseComparison.Period {
  /// From when to when, in milliseconds.
  fileprivate var window: Range<Int64> {
    (from / 1_000_000)..<Swift.max(from / 1_000_000, to / 1_000_000)
  }
}
