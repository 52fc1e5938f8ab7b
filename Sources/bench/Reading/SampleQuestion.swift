import Bytes

/// A PromQL question about an hour of samples at a step of 15 seconds, and how many times the
/// peer's milliseconds ours may be.
struct SampleQuestion {
  let name: String
  let query: String
  let bar: Double

  /// The questions about the metrics that `SampleWriter` writes, or those of an input of
  /// `odoo_http` metrics.
  static func all(isInput: Bool) -> [SampleQuestion] {
    let counter = isInput ? "odoo_http_requests_total" : "odoo_rpc_calls_total"
    let gauge = isInput ? "odoo_worker_busy_ratio" : "odoo_worker_memory_ratio"
    let buckets =
      isInput ? "odoo_http_request_duration_seconds_bucket" : "odoo_rpc_duration_seconds_bucket"
    return [
      SampleQuestion(
        name: "rate by release", query: "sum by (release)(rate(\(counter)[5m]))", bar: 0.1),
      SampleQuestion(
        name: "p99 by release",
        query: "histogram_quantile(0.99, sum by (le,release)(rate(\(buckets)[5m])))", bar: 0.1),
      SampleQuestion(
        name: "topk of a mean", query: "topk(5, avg_over_time(\(gauge)[30m]))", bar: 0.1),
      SampleQuestion(
        name: "many series out",
        query: #"max_over_time(\#(gauge){tenant=~"\#(isInput ? "tenant-00.*" : "tenant-.")"}[5m])"#,
        bar: 0.35),
    ]
  }

  /// Asks about a span of seconds; throws when the answer's status is not 200.
  func ask(_ connection: inout Connection, _ span: ClosedRange<Int>) throws {
    let parameters = [
      ("query", query), ("start", "\(span.lowerBound)"), ("end", "\(span.upperBound)"),
      ("step", "15"),
    ]
    let text = parameters.map { "\($0)=\(PercentText.escaped($1))" }.joined(separator: "&")
    let status = try connection.exchange("GET", "/api/v1/query_range?\(text)")
    guard status == 200 else {
      throw BenchFault("\(name): status \(status): \(connection.text.prefix(200))")
    }
  }
}

extension SampleQuestion {
  /// The hour up to the newest sample, in seconds.
  static func span(of port: Int) throws -> ClosedRange<Int> {
    var connection = try Connection(port: port)
    // Samples of any time: the newest within thirty years of the year 2000.
    let query = PercentText.escaped("max(ts_of_last_over_time(\(anyMetric)[30y]))")
    let answer = try connection.ask("GET", "/api/v1/query?time=1893456000&query=\(query)")
    let result = try JSONValue(parsing: Array(answer.body.utf8))["data"]?["result"]?.elements
    guard let text = result?.first?["value"]?.elements?.last?.text, let newest = Double(text)
    else {
      throw BenchFault("the server does not tell its newest sample: \(answer.body.prefix(200))")
    }
    return (Int(newest) - 3_585)...Int(newest)
  }

  private static let anyMetric = #"{__name__=~"odoo_worker.*"}"#
}

/// Text as a parameter of a path (RFC 3986, 2.1): all but letters and digits escaped.
enum PercentText {
  static func escaped(_ text: String) -> String {
    text.utf8.map { byte in
      if byte.isLetter || byte.isDigit { return String(UnicodeScalar(byte)) }
      return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
  }
}
