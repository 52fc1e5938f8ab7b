import Bytes
import Model
import Querying

/// The Prometheus HTTP API: what the server says of itself. It scrapes nothing, so it has no
/// targets; alerts leave by webhook, so it knows no Alertmanager.
enum PrometheusStatusRoutes {
  /// What `status/tsdb` counts: series with samples this recent; milliseconds, as Prometheus' head.
  private static let headSpan: Int64 = 7_200_000
  private static let usualEntries = 10
  private static let mostEntries = 10_000

  static func routes(_ doors: Doors, _ queries: QueryScheduler) -> [Route] {
    [
      Route(["GET"], "/api/v1/status/buildinfo") { _ in
        // `features` is left out: Grafana takes an answer that has them for Mimir's.
        .json(BuildAnswer.prometheus)
      },
      told("status/runtimeinfo", doors) { writeRuntime($0, now: doors.now(), &$1) },
      told("status/config", doors) { write([("yaml", .text($0.settings))], &$1) },
      told("status/flags", doors) { status, json in
        write(status.flags.map { ($0.name, .text($0.value)) }, &json)
      },
      told("status/walreplay", doors) { status, json in
        // The log is replayed before the server listens, so all of it is done.
        let segments = Int64(status.segments)
        write(
          [("min", .integer(0)), ("max", .integer(segments)), ("current", .integer(segments))],
          &json)
      },
      told("notifications", doors) { status, json in
        json.array { json in
          for notice in status.notices {
            write(
              [
                ("text", .text(notice.text)), ("date", .text(Instant.text(notice.since))),
                ("active", .flag(true)),
              ], &json)
          }
        }
      },
      told("scrape_pools", doors) { write([("scrapePools", .noneOf)], &$1) },
      told("alertmanagers", doors) {
        write([("activeAlertmanagers", .noneOf), ("droppedAlertmanagers", .noneOf)], &$1)
      },
      told("targets", doors) {
        write(
          [
            ("activeTargets", .noneOf), ("droppedTargets", .noneOf),
            ("droppedTargetCounts", .nothing),
          ], &$1)
      },
      .prometheus(["GET"], "targets/metadata", doors, queries) { try targetMetadata($0) },
      .prometheus(["GET"], "status/tsdb", doors, queries) { try cardinality($0) },
    ]
  }

  /// A path that needs no query thread.
  private static func told(
    _ path: String, _ doors: Doors,
    _ write: @escaping @Sendable (ServerStatus, inout JSONWriter) -> Void
  ) -> Route {
    Route(["GET"], "/api/v1/" + path) { _ in
      let status = doors.status()
      return .json(PrometheusAnswer.envelope { write(status, &$0) })
    }
  }

  /// A member's value.
  private enum Value {
    case text(String)
    case integer(Int64)
    case flag(Bool)
    /// `[]`
    case noneOf
    /// `{}`
    case nothing
  }

  private static func write(_ members: [(name: String, value: Value)], _ json: inout JSONWriter) {
    json.object { json in
      for (name, value) in members {
        json.key(name)
        switch value {
        case .text(let text): json.string(text)
        case .integer(let number): json.integer(number)
        case .flag(let flag): json.boolean(flag)
        case .noneOf: json.array { _ in }
        case .nothing: json.object { _ in }
        }
      }
    }
  }

  /// Members whose names are Go's have the value closest to what they mean: threads for
  /// goroutines, processors for GOMAXPROCS, no limit of memory.
  private static func writeRuntime(
    _ status: ServerStatus, now: Int64, _ json: inout JSONWriter
  ) {
    write(
      [
        ("startTime", .text(Instant.text(status.start))), ("CWD", .text(status.folder)),
        ("hostname", .text(status.hostname)), ("serverTime", .text(Instant.text(now))),
        ("reloadConfigSuccess", .flag(status.isLoadedWhole)),
        ("lastConfigTime", .text(Instant.text(status.loaded))),
        ("corruptionCount", .integer(Int64(status.damagedRegions))),
        ("goroutineCount", .integer(Int64(status.threads))),
        ("GOMAXPROCS", .integer(Int64(status.processors))), ("GOMEMLIMIT", .integer(.max)),
        ("GOGC", .text("")), ("GODEBUG", .text("")),
        ("storageRetention", .text(status.retention)),
      ], &json)
  }

  private static func targetMetadata(_ request: PrometheusRequest) throws(QueryFault) -> [UInt8] {
    _ = try request.number("limit")
    if let text = request.parameter("match_target") {
      do {
        _ = try PromQL.selector(ByteString(text), allowsAll: true)
      } catch {
        throw PrometheusRequest.fault("match_target", error.message)
      }
    }
    return PrometheusAnswer.names([])
  }

  private static func cardinality(_ request: PrometheusRequest) throws(QueryFault) -> [UInt8] {
    let limit = (try? request.number("limit")) ?? usualEntries
    if let text = request.parameter("limit") {
      guard (try? request.number("limit")) != nil, limit > 0 else {
        throw QueryFault(.badData, "limit must be a positive number")
      }
      guard limit <= mostEntries else {
        throw QueryFault(.badData, "limit must not exceed \(mostEntries), got \(text)")
      }
    }
    let now = request.now
    let found = try Cardinality(
      reading: request.source, in: request.scope(), from: now - headSpan, through: now,
      budget: request.budget())
    let blocks = request.doors.status().blocks
    return PrometheusAnswer.envelope { json in
      json.object { json in
        json.key("headStats")
        write(
          [
            ("numSeries", .integer(Int64(found.series))),
            ("numLabelPairs", .integer(Int64(found.labelPairs))),
            ("chunkCount", .integer(Int64(blocks))),
            ("minTime", .integer(found.times?.lowerBound ?? .max)),
            ("maxTime", .integer(found.times?.upperBound ?? .min)),
          ], &json)
        for (name, entries) in [
          ("seriesCountByMetricName", found.metrics(limit)),
          ("labelValueCountByLabelName", found.labels(limit)),
          ("memoryInBytesByLabelName", found.bytes(limit)),
          ("seriesCountByLabelValuePair", found.pairs(limit)),
        ] {
          json.key(name)
          json.array { json in
            for entry in entries {
              json.object { json in
                json.key("name")
                json.string(entry.name)
                json.key("value")
                json.integer(entry.count)
              }
            }
          }
        }
      }
    }
  }
}
