import Bytes
import Model
import Querying

/// What Loki tells of itself, and how it would write a query.
enum LokiStatusRoutes {
  static func routes(_ limits: QueryLimits) -> [Route] {
    let both = ["GET", "POST"]
    return [
      Route(both, "/loki/api/v1/format_query") { question in format(question, limits) },
      Route(["GET"], "/loki/api/v1/drilldown-limits") { _ in .json(drilldown(limits)) },
      Route(["GET"], "/config") { _ in .text(configuration(limits)) },
      Route(["GET"], "/loki/api/v1/status/config") { _ in .text(configuration(limits)) },
    ]
  }

  private static func format(_ question: HTTPQuestion, _ limits: QueryLimits) -> HTTPAnswer {
    do throws(QueryFault) {
      let query = try LogQL.parse(
        ByteString(question.parameter("query") ?? ""), regexBytes: limits.regexBytes)
      return .json(LokiAnswer.formatted("\(query)"))
    } catch {
      var json = JSONWriter()
      json.object { json in
        json.key("status")
        json.string("invalid-query")
        json.key("error")
        json.string(error.message)
      }
      return .json(json.bytes, status: LokiAnswer.status(of: error))
    }
  }

  /// The limits that Grafana's Logs Drilldown asks for before it shows anything.
  private static func drilldown(_ limits: QueryLimits) -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.key("limits")
      json.object { json in
        json.key("discover_log_levels")
        json.boolean(true)
        json.key("discover_service_name")
        json.array { _ in }
        json.key("log_level_fields")
        json.array { json in
          for name in ["level", "detected_level", "severity"] { json.string(name) }
        }
        json.key("max_entries_limit_per_query")
        json.integer(Limits.rowsPerQuery)
        json.key("max_line_size_truncate")
        json.boolean(false)
        json.key("max_query_series")
        json.integer(limits.series)
        json.key("metric_aggregation_enabled")
        json.boolean(false)
        json.key("pattern_persistence_enabled")
        json.boolean(true)
        json.key("query_timeout")
        json.string("\(limits.nanoseconds / Instant.second)s")
        json.key("retention_period")
        json.string("0s")
        json.key("volume_enabled")
        json.boolean(true)
        json.key("volume_max_series")
        json.integer(Limits.seriesPerQuery)
      }
      json.key("pattern_ingester_enabled")
      json.boolean(true)
      json.key("version")
      json.string(BuildAnswer.version)
      for name in ["maxDetectedFields", "maxDetectedValues", "maxLabelValues"] {
        json.key(name)
        json.integer(LokiDetectedRoutes.fields)
      }
      json.key("maxLines")
      json.integer(Limits.rowsPerQuery)
    }
    return json.bytes
  }

  /// What holds of Loki's own settings here, as its `/config` writes them.
  private static func configuration(_ limits: QueryLimits) -> String {
    """
    limits_config:
      max_entries_limit_per_query: \(Limits.rowsPerQuery)
      max_label_name_length: \(Limits.labelNameBytes)
      max_label_value_length: \(Limits.labelValueBytes)
      max_label_names_per_series: \(Limits.labelsPerSeries)
      max_line_size: \(Limits.recordBytes)
      max_query_series: \(limits.series)
      query_timeout: \(limits.nanoseconds / Instant.second)s
      volume_enabled: true

    """
  }
}
