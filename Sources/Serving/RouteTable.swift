import Bytes
import HTTPTypes
import Hummingbird
import NIOCore
import Querying

/// Finds the route of a request. Paths are matched as they are: what needs repair (empty parts,
/// dots, encoded slashes) is refused, so that no two readers can understand one path differently.
struct RouteTable: HTTPResponder {
  /// Room behind a body for what its reader adds to it.
  private static let spareBytes = 64 << 10

  private let exact: [String: [Route]]
  private let patterns: [(parts: [Substring], route: Route)]
  private let finish: AnswerFinish

  init(_ routes: [Route], _ packers: Workers) {
    finish = AnswerFinish(packers: packers)
    exact = Dictionary(grouping: routes.filter { !$0.path.contains(":") }, by: \.path)
    patterns = routes.filter { $0.path.contains(":") }.map { ($0.path.split(separator: "/"), $0) }
  }

  func respond(to request: Request, context: ConnectionContext) async throws -> Response {
    let path = request.uri.path
    guard Self.isPlain(path) else {
      return Self.response(.text("the path is not in its plain form", status: 400))
    }
    let found = find(path)
    guard let first = found.first else {
      return Self.response(.text("no such path: try /api/v1/, /loki/api/v1/, /-/", status: 404))
    }
    let method = request.method.rawValue
    guard
      let match = found.first(where: {
        $0.route.methods.contains(method) || (method == "HEAD" && $0.route.methods.contains("GET"))
      })
    else {
      var refused = HTTPAnswer.text("\(method) is not allowed here", status: 405)
      refused.headers = [("Allow", first.route.methods.joined(separator: ", "))]
      return Self.response(refused)
    }
    return await answer(request, method, match.route, match.captures, context.channel)
  }

  private func find(_ path: String) -> [(route: Route, captures: [String: String])] {
    if let routes = exact[path] { return routes.map { ($0, [:]) } }
    let parts = path.split(separator: "/")
    return patterns.compactMap { pattern in
      guard pattern.parts.count == parts.count else { return nil }
      var captures: [String: String] = [:]
      for (expected, part) in zip(pattern.parts, parts) {
        if expected.hasPrefix(":") {
          let bytes = Array(part.utf8)
          captures[String(expected.dropFirst())] = FormText.decode(
            bytes.span, 0..<bytes.count, plusIsBlank: false)
        } else if expected != part {
          return nil
        }
      }
      return (pattern.route, captures)
    }
  }

  /// No empty or dot part, no NUL, no encoded slash or dot.
  private static func isPlain(_ path: String) -> Bool {
    guard path.hasPrefix("/"), path.utf8.count <= 2_048 else { return false }
    let lower = path.lowercased()
    for bad in ["//", "%2f", "%5c", "%00", "%2e", "\\", "\0"] where lower.contains(bad) {
      return false
    }
    return !path.split(separator: "/").contains { $0 == "." || $0 == ".." }
  }

  private func answer(
    _ request: Request, _ method: String, _ route: Route, _ captures: [String: String],
    _ channel: any Channel
  ) async -> Response {
    let body: RequestBody
    do {
      guard let read = try await Self.read(request, limit: route.bodyLimit) else {
        var refused = HTTPAnswer.text(
          "the body is longer than \(route.bodyLimit) bytes", status: 413)
        // The rest of the body is not read, so the connection cannot be used again.
        refused.headers = [("Connection", "close")]
        return Self.response(refused)
      }
      body = read
    } catch {
      return Self.response(.text("the body could not be read", status: 400))
    }
    let headers = request.headers
    var parameters = FormText.parse(Array((request.uri.query ?? "").utf8).span)
    if let type = headers[.contentType], type.hasPrefix("application/x-www-form-urlencoded") {
      parameters += FormText.parse(body.bytes.span)
    }
    let question = HTTPQuestion(
      method: method, path: request.uri.path, captures: captures, parameters: parameters,
      headers: { name in HTTPField.Name(name).flatMap { headers[$0] } }, body: body,
      watchClient: { await ClientWatch.presence(of: channel)?.watch($0) })
    do {
      let answer = await finish.apply(to: try await route.answer(question), of: question)
      return Self.response(answer, withoutBody: method == "HEAD")
    } catch is Overload {
      var refused = HTTPAnswer.text("too much work is waiting: try again", status: 503)
      refused.headers = [("Retry-After", "2")]
      return Self.response(refused)
    } catch {
      return Self.response(.text("\(error)", status: 500))
    }
  }

  /// The body, or nil when it is longer than `limit`. A body that is too long is still read to its
  /// end, up to a few times the limit, and thrown away: most senders read the answer only then.
  private static func read(_ request: Request, limit: Int) async throws -> RequestBody? {
    var bytes: [UInt8] = []
    // What the header claims is only address space until bytes come. Decoding appends to the body,
    // an eighth or so.
    if let claimed = request.headers[.contentLength].flatMap({ Int($0) }), claimed > 0 {
      let claimed = min(claimed, limit)
      bytes.reserveCapacity(claimed + claimed / 8 + Self.spareBytes)
    }
    var discarded = 0
    for try await part in request.body {
      if discarded == 0, part.readableBytes <= limit - bytes.count {
        bytes.append(contentsOf: part.readableBytesView)
        continue
      }
      discarded += part.readableBytes + bytes.count
      bytes = []
      if discarded > max(limit * 4, 1 << 20) { return nil }
    }
    return discarded > 0 ? nil : RequestBody(consume bytes)
  }

  private static func response(_ answer: HTTPAnswer, withoutBody: Bool = false) -> Response {
    var headers = HTTPFields()
    if answer.status != 204, answer.status != 304 { headers[.contentType] = answer.contentType }
    if let name = HTTPField.Name("X-Content-Type-Options") { headers[name] = "nosniff" }
    for (name, value) in answer.headers {
      if let name = HTTPField.Name(name) { headers[name] = value }
    }
    let body =
      withoutBody ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body))
    return Response(status: .init(code: answer.status), headers: headers, body: body)
  }
}
