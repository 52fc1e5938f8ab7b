package import Bytes

extension ReleaseComparison {
  /// The comparison for a terminal: a summary, the table, what was left out.
  package var text: String {
    guard !rows.isEmpty else {
      return "no tenant with telemetry has run release \(release.text)\n" + warningLines
    }
    var table = TextTable([
      .init("TENANT"), .init("PROCESS"), .init("VERDICT"), .init("SCORE", isNumeric: true),
      .init("FAILED BEFORE", isNumeric: true), .init("AFTER", isNumeric: true),
      .init("RATE BEFORE", isNumeric: true), .init("AFTER", isNumeric: true),
      .init("PER HOUR BEFORE", isNumeric: true), .init("AFTER", isNumeric: true),
      .init("P95 BEFORE", isNumeric: true), .init("AFTER", isNumeric: true), .init("WHY"),
    ])
    for row in rows {
      table.append([
        row.tenant.text, row.process.title, row.verdict.rawValue,
        Wording.number(row.score, digits: 1), Self.failed(row.before), Self.failed(row.after),
        Wording.share(row.before.failureRate), Wording.share(row.after.failureRate),
        Wording.number(row.before.perHour, digits: 1),
        Wording.number(row.after.perHour, digits: 1), Wording.seconds(row.before.slowest),
        Wording.seconds(row.after.slowest), Self.reason(row),
      ])
    }
    return summary + table.text + warningLines
  }

  private static func failed(_ period: Period) -> String {
    "\(Wording.number(period.failures))/\(Wording.number(period.attempts))"
  }

  /// One sentence: whom the release hurt, and what that costs.
  package var summary: String {
    let hurt = rows.filter { $0.verdict == .worse }
    let tenants = Set(rows.map(\.tenant)).count
    var line = "release \(release.text) went to \(tenants) tenants: "
    if hurt.isEmpty {
      let maybe = rows.count { $0.verdict == .maybeWorse }
      line += maybe == 0 ? "nothing is worse" : "nothing is worse for sure, \(maybe) rows may be"
    } else {
      let names = Set(hurt.map(\.tenant)).sorted().map(\.text)
      let processes = Set(hurt.map(\.process.title)).sorted().joined(separator: ", ")
      let shown = names.prefix(10).joined(separator: ", ") + (names.count > 10 ? ", ..." : "")
      line += "worse for \(names.count) (\(shown)) in \(processes)"
      for cost in costsPerHour {
        line += ", about \(Wording.number(cost.amount)) \(cost.currency) per hour"
      }
    }
    return line + "\n"
  }

  /// What the failures beyond the expected ones are worth per hour, by currency, over the rows
  /// that are worse.
  package var costsPerHour: [BusinessProcess.Worth] {
    var sums: [String: Double] = [:]
    for row in rows where row.verdict == .worse {
      guard let worth = row.process.worth else { continue }
      sums[worth.currency, default: 0] += row.excessPerHour * worth.amount
    }
    return sums.filter { $0.value > 0 }.sorted { $0.key < $1.key }.map {
      BusinessProcess.Worth(amount: $0.value, currency: $0.key)
    }
  }

  private var warningLines: String { warnings.map { "note: \($0)\n" }.joined() }

  private static func reason(_ row: Row) -> String {
    guard let evidence = row.evidence else { return "" }
    let observed = Wording.number(evidence.observed)
    let expected = Wording.number(evidence.expected, digits: 1)
    return switch evidence.kind {
    case .failures: "\(observed) failed, \(expected) expected"
    case .volume: "\(observed) \(row.process.unit), \(expected) expected"
    case .duration: "slow in \(observed) time slots, \(expected) expected"
    }
  }

  /// Writes the comparison as a JSON object.
  package func write(_ json: inout JSONWriter) {
    json.object { json in
      json.key("release")
      json.string(release)
      json.key("baseline")
      if let baseline { json.string(baseline) } else { json.null() }
      json.key("now")
      json.string(Instant.text(now))
      json.key("summary")
      json.string(String(summary.dropLast()))
      json.key("rows")
      json.array { json in
        for row in rows { Self.write(row, &json) }
      }
      json.key("warnings")
      json.array { json in
        for warning in warnings { json.string(warning) }
      }
    }
  }

  private static func write(_ row: Row, _ json: inout JSONWriter) {
    json.object { json in
      json.key("tenant")
      json.string(row.tenant)
      json.key("process")
      json.string(row.process.name)
      json.key("title")
      json.string(row.process.title)
      json.key("unit")
      json.string(row.process.unit)
      json.key("verdict")
      json.string(row.verdict.rawValue)
      json.key("score")
      json.number(Wording.rounded(row.score, digits: 3))
      json.key("exposedAt")
      json.string(Instant.text(row.exposedAt))
      json.key("controls")
      json.integer(row.controls)
      json.key("before")
      write(row.before, &json)
      json.key("after")
      write(row.after, &json)
      json.key("evidence")
      if let evidence = row.evidence { evidence.write(&json) } else { json.null() }
      if let worth = row.process.worth {
        json.key("excessValuePerHour")
        json.number(Wording.rounded(Swift.max(0, row.excessPerHour) * worth.amount, digits: 2))
        json.key("currency")
        json.string(worth.currency)
      }
    }
  }

  private static func write(_ period: Period, _ json: inout JSONWriter) {
    json.object { json in
      json.key("from")
      json.string(Instant.text(period.from))
      json.key("to")
      json.string(Instant.text(period.to))
      json.key("attempts")
      json.number(period.attempts)
      json.key("failures")
      json.number(period.failures)
      json.key("failureRate")
      json.number(period.failureRate ?? .nan)
      json.key("perHour")
      json.number(Wording.rounded(period.perHour, digits: 3))
      json.key("p95Seconds")
      json.number(period.slowest ?? .nan)
    }
  }
}
