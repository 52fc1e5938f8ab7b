package import Bytes
package import Model
import Querying

extension AnomalyRanking {
  /// How far back the history of a tenant is read, the part under suspicion included.
  package static let reach: Int64 = 7 * 86_400 * Instant.second

  /// Ranks all tenants and processes by how much they moved since `since` (nanoseconds). `owner`
  /// is the tenant of an evaluator whose answers name none. A process whose queries fail is left
  /// out with a warning; throws what every process failed with.
  package init(
    processes: [BusinessProcess], timeline: Timeline, owner: ByteString = Tenant.platform,
    since: Int64, now: Int64, evaluator: Evaluator
  ) throws {
    let reader = TallyReader(evaluator: evaluator, owner: owner)
    let length = Swift.max(60_000, now.subtractingReportingOverflow(since).0 / 1_000_000)
    let from = now / 1_000_000 - Swift.max(Self.reach / 1_000_000, length.adding(length) ?? length)
    let slots = Slots(from: from, through: now / 1_000_000)
    var rows: [Row] = []
    var warnings: [String] = []
    var failure: (any Error)?
    var successes = 0
    for process in processes {
      do {
        let tally = try reader.tally(of: process, over: slots)
        rows += AnomalyJudge(process, tally, timeline, since: length).rows()
        successes += 1
      } catch {
        warnings.append("\(process.name.text): \(ReleaseComparison.sentence(error))")
        failure = error
      }
    }
    if successes == 0, let failure { throw failure }
    self.init(now: now, since: since, rows: Self.sorted(rows), warnings: warnings)
  }
}
