package import Bytes

extension AnomalyRanking {
  /// The ranking for a terminal: at most `limit` rows that moved.
  package func text(limit: Int = 20) -> String {
    let moved = rows.filter { $0.score > 0 }.prefix(limit)
    guard !moved.isEmpty else {
      return "nothing moved against its own last days\n" + warningLines
    }
    var table = TextTable([
      .init("TENANT"), .init("PROCESS"), .init("STRENGTH"), .init("SCORE", isNumeric: true),
      .init("WINDOW", isNumeric: true), .init("FAILED", isNumeric: true), .init("WHAT"),
      .init("SINCE"), .init("NEAREST CHANGE"),
    ])
    for row in moved {
      table.append([
        row.tenant.text, row.process.title, row.strength.rawValue,
        Wording.number(row.score, digits: 1), Wording.span(row.window),
        "\(Wording.number(row.failures))/\(Wording.number(row.attempts))", Self.reason(row),
        Instant.text(row.onset), Self.change(row.nearest),
      ])
    }
    return table.text + warningLines
  }

  private var warningLines: String { warnings.map { "note: \($0)\n" }.joined() }

  private static func reason(_ row: Row) -> String {
    guard let evidence = row.evidence else { return "" }
    let expected = Wording.number(evidence.expected, digits: 1)
    return switch evidence.kind {
    case .failures: "\(expected) failures expected"
    case .volume: "\(expected) \(row.process.unit) expected"
    case .duration: "slow in \(Wording.number(evidence.observed)) slots, \(expected) expected"
    }
  }

  private static func change(_ change: NearestChange?) -> String {
    guard let change else { return "none known" }
    let side = change.distance < 0 ? "before" : "after"
    return "\(Wording.span(change.distance)) \(side) \(change.release.text)"
  }

  /// Writes the ranking as a JSON object with at most `limit` rows.
  package func write(_ json: inout JSONWriter, limit: Int = 100) {
    json.object { json in
      json.key("now")
      json.string(Instant.text(now))
      json.key("since")
      json.string(Instant.text(since))
      json.key("rows")
      json.array { json in
        for row in rows.prefix(Swift.max(0, limit)) { Self.write(row, &json) }
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
      json.key("strength")
      json.string(row.strength.rawValue)
      json.key("score")
      json.number(Wording.rounded(row.score, digits: 3))
      json.key("windowSeconds")
      json.integer(row.window / Instant.second)
      json.key("attempts")
      json.number(row.attempts)
      json.key("failures")
      json.number(row.failures)
      json.key("onset")
      json.string(Instant.text(row.onset))
      json.key("evidence")
      if let evidence = row.evidence { evidence.write(&json) } else { json.null() }
      json.key("nearestChange")
      if let change = row.nearest {
        json.object { json in
          json.key("release")
          json.string(change.release)
          json.key("at")
          json.string(Instant.text(change.at))
          json.key("distanceSeconds")
          json.integer(change.distance / Instant.second)
        }
      } else {
        json.null()
      }
    }
  }
}
