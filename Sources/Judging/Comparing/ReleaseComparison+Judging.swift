import Glibc

extension ReleaseComparison {
  /// Surprise at which one row alone is called suspicious: one in a hundred.
  private static let suspicion = 2.0

  /// Judges all findings together: what is called worse must survive that many were looked at.
  static func judged(_ findings: [ComparisonJudge.Finding]) -> [Row] {
    let tests = findings.flatMap(\.surprises).sorted(by: >)
    let threshold = holm(tests)
    return sorted(
      findings.map { finding in
        var row = finding.row
        row.verdict =
          if row.score >= threshold, row.score >= suspicion {
            .worse
          } else if row.score >= suspicion {
            .maybeWorse
          } else if finding.isBetter {
            .better
          } else if finding.isDecided {
            .noChange
          } else {
            .notEnoughData
          }
        return row
      })
  }

  /// The least surprise that Holm's step-down procedure accepts at a family-wise level of 1 %;
  /// infinity when none.
  static func holm(_ surprises: [Double]) -> Double {
    var accepted = Double.infinity
    var divisor = Double(surprises.count)
    for surprise in surprises {
      // p * divisor <= 0.01, in decades: surprise >= 2 + log10(divisor).
      guard surprise >= 2 + log10(divisor) else { break }
      accepted = surprise
      divisor -= 1
    }
    return accepted
  }
}
