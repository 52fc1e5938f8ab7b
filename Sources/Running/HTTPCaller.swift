import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Synchronization

/// What a server answered.
package struct CallAnswer: Sendable {
  package let status: Int
  package let headers: [(name: String, value: String)]
  package let body: [UInt8]

  package var text: String { String(decoding: body, as: UTF8.self) }
}

/// Why no answer came, in a sentence.
package struct CallFailure: Error, CustomStringConvertible {
  package let description: String
}

/// Calls HTTP servers: no redirects, every wait bounded, answers bounded.
package final class HTTPCaller: Sendable {
  private static let answerLimit = 64 << 20
  private let client: HTTPClient
  private let isClosed = Atomic(false)

  package init() {
    var configuration = HTTPClient.Configuration(
      redirectConfiguration: .disallow,
      timeout: .init(connect: .seconds(5), read: .seconds(60)))
    configuration.httpVersion = .http1Only
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  deinit {
    // The client stops the program when it goes without having been closed.
    if !isClosed.load(ordering: .relaxed) { try? client.syncShutdown() }
  }

  /// Must be the last call.
  package func close() async {
    isClosed.store(true, ordering: .relaxed)
    try? await client.shutdown()
  }

  /// Sends one request and reads the whole answer. Throws `CallFailure`.
  package func call(
    _ method: String, _ url: String, headers: [(String, String)] = [], body: [UInt8]? = nil,
    timeoutSeconds: Int64 = 60
  ) async throws -> CallAnswer {
    var request = HTTPClientRequest(url: url)
    request.method = .RAW(value: method)
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
    do {
      let answer = try await client.execute(request, timeout: .seconds(timeoutSeconds))
      let bytes = try await answer.body.collect(upTo: Self.answerLimit)
      return CallAnswer(
        status: Int(answer.status.code),
        headers: answer.headers.map { ($0.name, $0.value) },
        body: Array(bytes.readableBytesView))
    } catch {
      throw CallFailure(description: "\(method) \(Self.withoutQuery(url)): \(error)")
    }
  }

  private static func withoutQuery(_ url: String) -> String {
    String(url.prefix { $0 != "?" })
  }

  /// A value made fit for a query string.
  package static func escape(_ text: String) -> String {
    let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
    var escaped: [UInt8] = []
    for byte in text.utf8 {
      if plain.contains(byte) {
        escaped.append(byte)
      } else {
        let digits = Array("0123456789ABCDEF".utf8)
        escaped += [37, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: escaped, as: UTF8.self)
  }
}
