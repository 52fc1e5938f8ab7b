package import Bytes
import Model

/// Before and after a release, for every tenant that got it and every business process, worst
/// first. Before is up to a day right before the tenant's exposure, or the last day it ran the
/// baseline release; after is what has passed since, up to a day. Tenants that changed nothing at
/// the same time are the control: what happened to them too is not the release's doing.
package struct ReleaseComparison: Sendable {
  /// The judgement of one row.
  package enum Verdict: String, Sendable, CaseIterable {
    /// Beyond chance even though many rows were looked at (Holm, family-wise 1 %).
    case worse
    /// Beyond chance at 1 % if this row were the only one.
    case maybeWorse = "maybe worse"
    case better
    /// Harm that matters is excluded.
    case noChange = "no change"
    case notEnoughData = "not enough data"
  }

  /// One side of the comparison. Times are nanoseconds since 1970.
  package struct Period: Sendable, Equatable {
    package let from: Int64
    package let to: Int64
    package let attempts: Double
    package let failures: Double
    /// Attempts per hour: before the release at the time of day of after, where that is known.
    package let perHour: Double
    /// The 95th percentile in seconds; nil where nothing was timed.
    package var slowest: Double?

    /// Nil where nothing was attempted.
    package var failureRate: Double? { attempts > 0 ? failures / attempts : nil }
  }

  /// A tenant and a process.
  package struct Row: Sendable {
    package let tenant: ByteString
    package let process: BusinessProcess
    /// When the tenant got the release, in nanoseconds.
    package let exposedAt: Int64
    package internal(set) var before: Period
    package internal(set) var after: Period
    /// How many tenants that changed nothing it was compared with.
    package let controls: Int
    /// The strongest sign of harm, or of improvement where the verdict is `better`.
    package let evidence: Evidence?
    /// The surprise of the strongest sign of harm.
    package let score: Double
    package internal(set) var verdict: Verdict

    /// Failures beyond those expected, per hour.
    package var excessPerHour: Double {
      guard let evidence, evidence.kind == .failures, after.to > after.from else { return 0 }
      return (evidence.observed - evidence.expected) * 3_600e9 / Double(after.to - after.from)
    }
  }

  package let release: ByteString
  package let baseline: ByteString?
  /// Nanoseconds since 1970.
  package let now: Int64
  /// Worst first.
  package let rows: [Row]
  package let warnings: [String]

  static func sorted(_ rows: [Row]) -> [Row] {
    rows.sorted { left, right in
      let (first, second) = (rank(left.verdict), rank(right.verdict))
      if first != second { return first < second }
      if left.score != right.score { return left.score > right.score }
      if left.after.attempts != right.after.attempts {
        return left.after.attempts > right.after.attempts
      }
      return left.tenant == right.tenant
        ? left.process.name < right.process.name : left.tenant < right.tenant
    }
  }

  private static func rank(_ verdict: Verdict) -> Int {
    switch verdict {
    case .worse: 0
    case .maybeWorse: 1
    case .noChange: 2
    case .better: 3
    case .notEnoughData: 4
    }
  }
}
