package import Bytes
import Model

/// Which tenants' processes moved most against their own last days, strongest first. Windows of
/// several lengths that all end now are looked at, so that what broke a minute ago is not lost in
/// a quiet day.
package struct AnomalyRanking: Sendable {
  /// The tenant's exposure change nearest to the movement.
  package struct NearestChange: Sendable, Equatable {
    package let release: ByteString
    /// Nanoseconds since 1970.
    package let at: Int64
    /// From the change to the onset; negative when the movement came first.
    package let distance: Int64
  }

  /// How strong a movement is.
  package enum Strength: String, Sendable {
    /// Far beyond what the tenant's own history and the number of rows explain.
    case strong
    case weak
    case usual
  }

  /// A tenant and a process.
  package struct Row: Sendable {
    package let tenant: ByteString
    package let process: BusinessProcess
    /// The surprise of the strongest evidence, divided by what the same statistic reached at
    /// other times of the tenant's own history.
    package let score: Double
    package let evidence: Evidence?
    /// The window the evidence is of, ending now; nanoseconds.
    package let window: Int64
    package let attempts: Double
    package let failures: Double
    /// When it began, as far as the counts tell; nanoseconds since 1970.
    package let onset: Int64
    package let nearest: NearestChange?

    package var strength: Strength {
      score >= AnomalyRanking.strong ? .strong : score >= AnomalyRanking.weak ? .weak : .usual
    }
  }

  /// Six windows and three statistics of hundreds of rows are looked at: one in a million.
  static let strong = 6.0
  static let weak = 3.0

  /// Nanoseconds since 1970.
  package let now: Int64
  package let since: Int64
  /// Strongest first.
  package let rows: [Row]
  package let warnings: [String]

  static func sorted(_ rows: [Row]) -> [Row] {
    rows.sorted { left, right in
      if left.score != right.score { return left.score > right.score }
      if left.failures != right.failures { return left.failures > right.failures }
      return left.tenant == right.tenant
        ? left.process.name < right.process.name : left.tenant < right.tenant
    }
  }
}
