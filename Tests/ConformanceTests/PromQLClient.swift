import Bytes
import Foundation
import FoundationNetworking
import Model
import Querying
import Support

/// Asks a server with Prometheus' API, ours or its own.
struct PromQLClient {
  let address: String
  /// Sent with each request.
  let headers: [String: String]

  /// Sends the body; without one the path is got.
  private func call(
    _ path: String, _ body: Data? = nil, _ more: [String: String] = [:]
  ) async throws -> (status: Int, body: Data) {
    guard let url = URL(string: address + path) else {
      throw ServerProcess.Failure("bad path \(path)")
    }
    var request = URLRequest(url: url, timeoutInterval: 60)
    request.httpMethod = body == nil ? "GET" : "POST"
    request.httpBody = body
    for (name, value) in headers.merging(more, uniquingKeysWith: { $1 }) {
      request.setValue(value, forHTTPHeaderField: name)
    }
    let (data, response) = try await URLSession.shared.data(for: request)
    return ((response as? HTTPURLResponse)?.statusCode ?? 0, data)
  }

  func isReady() async throws -> Bool {
    guard let url = URL(string: address + "/-/ready") else { return false }
    let answer = try? await URLSession.shared.data(from: url)
    return (answer?.1 as? HTTPURLResponse)?.statusCode == 200
  }

  /// Sends samples by remote write; throws unless they are stored.
  func write(_ series: [StoredSeries]) async throws {
    var request = WriteRequestBuilder()
    for one in series where !one.times.isEmpty {
      request.series(
        one.labels.pairs.map { ($0.name.text, $0.value.text) },
        zip(one.values, one.times).map { ($0, $1) })
    }
    guard !request.bytes.isEmpty else { return }
    let answer = try await call(
      "/api/v1/write", Data(request.packed),
      [
        "Content-Encoding": "snappy", "Content-Type": "application/x-protobuf",
        "X-Prometheus-Remote-Write-Version": "0.1.0",
      ])
    guard answer.status / 100 == 2 else {
      throw ServerProcess.Failure(
        "the server does not store: \(String(decoding: answer.body, as: UTF8.self))")
    }
  }

  /// Throws a `QueryFault` where the query fails. Instants are asked for in the address, ranges in
  /// a form.
  func answer(
    _ query: String, times: EvaluationTimes, isInstant: Bool
  ) async throws -> PromQL.Answer {
    var form = "query=\(Self.escaped(query))"
    if isInstant {
      form += "&time=\(Self.seconds(times.start))"
    } else {
      form += "&start=\(Self.seconds(times.start))&end=\(Self.seconds(times.end))"
      form += "&step=\(Self.seconds(times.step))"
    }
    let answer =
      isInstant
      ? try await call("/api/v1/query?" + form)
      : try await call(
        "/api/v1/query_range", Data(form.utf8),
        ["Content-Type": "application/x-www-form-urlencoded"])
    return try Self.read(try JSONValue(parsing: Array(answer.body)), at: times)
  }

  private static func escaped(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
  }

  /// Milliseconds as the API takes them.
  private static func seconds(_ milliseconds: Int64) -> String {
    let digits = String(milliseconds.magnitude % 1_000)
    return (milliseconds < 0 ? "-" : "") + "\(milliseconds.magnitude / 1_000)."
      + String(repeating: "0", count: 3 - digits.count) + digits
  }

  private static func read(
    _ answer: JSONValue, at times: EvaluationTimes
  ) throws -> PromQL.Answer {
    guard answer["status"]?.text == "success" else {
      throw QueryFault(
        QueryFault.Kind(rawValue: answer["errorType"]?.text ?? "") ?? .internal,
        answer["error"]?.text ?? "an error without words")
    }
    let value: QueryValue
    let result = answer["data"]?["result"]
    switch answer["data"]?["resultType"]?.text {
    case "scalar": value = .scalar(try point(result))
    case "string":
      guard let text = result?.elements?.last?.bytes else { throw unreadable }
      value = .string(text, time: times.start)
    case "vector":
      value = .vector(
        try (result?.elements ?? []).map {
          VectorElement(labels: labels($0["metric"]), point: try point($0["value"]))
        })
    case "matrix":
      value = .matrix(
        try (result?.elements ?? []).map {
          MatrixSeries(
            labels: labels($0["metric"]), points: try ($0["values"]?.elements ?? []).map(point))
        })
    default: throw unreadable
    }
    func notes(_ key: String) -> [String] { answer[key]?.elements?.compactMap(\.text) ?? [] }
    return PromQL.Answer(value: value, warnings: notes("warnings"), infos: notes("infos"))
  }

  private static let unreadable = ServerProcess.Failure("an answer of no known form")

  private static func labels(_ object: JSONValue?) -> Labels {
    Labels((object?.members ?? []).map { Label($0.key, $0.value.bytes ?? .empty) })
  }

  private static func point(_ pair: JSONValue?) throws -> Point {
    guard let pair = pair?.elements, pair.count == 2, let time = pair[0].number,
      let text = pair[1].bytes, let value = Numbers.prometheusFloat(text.bytes.span)
    else { throw unreadable }
    return Point(time: Int64((time * 1_000).rounded()), value: value)
  }
}
