import Bytes
import Foundation
import Model
import Querying
import Support

/// Scripts against a running server: samples go in by remote write, queries are asked over HTTP, and
/// what is forgotten is another tenant's.
struct PromQLServerTarget: PromQLScriptTarget {
  private let server: ServerProcess
  /// What the tenants' names begin with, so that scripts do not meet.
  private let name: String
  private var number = 0

  init(_ server: ServerProcess, name: String) {
    self.server = server
    self.name = name
  }

  private var tenant: String { "\(name)-\(number)" }

  mutating func clear() { number += 1 }

  func load(_ series: [StoredSeries]) async throws {
    var request = WriteRequestBuilder()
    for one in series where !one.times.isEmpty {
      request.series(
        one.labels.pairs.map { ($0.name.text, $0.value.text) },
        zip(one.values, one.times).map { ($0, $1) })
    }
    guard !request.bytes.isEmpty else { return }
    let answer = try await server.call(
      "POST", "/api/v1/write", body: Data(request.packed),
      headers: [
        "X-Scope-OrgID": tenant, "Content-Encoding": "snappy",
        "Content-Type": "application/x-protobuf",
      ])
    guard answer.status / 100 == 2 else {
      throw ServerProcess.Failure("the server does not store: \(answer.text)")
    }
  }

  func deploy(_ event: JSONValue) throws {
    throw ServerProcess.Failure("these scripts deploy nothing")
  }

  func answer(
    _ query: ByteString, scope: Scope, times: EvaluationTimes, isInstant: Bool
  ) async throws -> PromQL.Answer {
    var form = "query=\(Self.escaped(query.text))"
    if isInstant {
      form += "&time=\(Self.seconds(times.start))"
    } else {
      form += "&start=\(Self.seconds(times.start))&end=\(Self.seconds(times.end))"
      form += "&step=\(Self.seconds(times.step))"
    }
    let answer = try await server.call(
      "POST", "/api/v1/query" + (isInstant ? "" : "_range"), body: Data(form.utf8),
      headers: [
        "X-Scope-OrgID": tenant, "Content-Type": "application/x-www-form-urlencoded",
      ])
    return try Self.read(try JSONValue(parsing: Array(answer.text.utf8)), at: times)
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
