import Bytes
import Glibc

/// How fast things happen: the beats the fleet is played in, and the rhythm of the day.
enum Pace {
  /// One beat of the warm and live part (nanoseconds).
  static let dense: Int64 = 5 * Instant.second
  /// One beat of the thinned history (nanoseconds).
  static let thin: Int64 = 30 * Instant.second
  /// Dense beats from one scrape of the neighbours to the next: 15 s.
  static let beatsPerScrape: Int64 = 3

  /// Log lines per second above the least load, at the busiest hour.
  static func extraLines(_ settings: FleetSettings) -> Double {
    max(
      settings.rate - LeastLoad.lines * Double(settings.tenantCount), settings.rate * 0.15)
  }

  /// The load of the hour: 1 at the tenant's peak, 0.25 in its night, less on weekends.
  static func rhythm(_ tenant: TenantPlan, at instant: Int64) -> Double {
    let seconds = Double(instant / Instant.second)
    let hour = (seconds / 3_600).truncatingRemainder(dividingBy: 24)
    var distance = abs(hour - tenant.peakHour)
    if distance > 12 { distance = 24 - distance }
    // 1970-01-01 was a Thursday.
    let weekday = Int(seconds / 86_400) % 7
    let isWeekend = weekday == 2 || weekday == 3
    let curve = 0.25 + 0.75 * exp(-(distance / 5) * (distance / 5))
    return isWeekend ? curve * 0.6 : curve
  }
}

/// What a tenant's people and machines do; each is a stream of operations of its own rate.
enum Stream: Int, CaseIterable {
  case imports, pickings, cronRuns, pages, files, occasions

  /// Operations per second that a tenant has at any hour.
  var least: Double {
    switch self {
    case .imports: LeastLoad.imports
    case .pickings: LeastLoad.pickings
    case .cronRuns: LeastLoad.cronRuns
    case .occasions: LeastLoad.occasions
    case .pages, .files: 0
    }
  }

  /// Operations per second of each line per second that the fleet has above the least load.
  var part: Double {
    switch self {
    case .imports: 0.11
    case .pickings: 0.16
    case .cronRuns: 0
    case .pages: 0.48
    case .files: 0.07
    case .occasions: 0.05
    }
  }
}
