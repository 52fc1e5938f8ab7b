import Bytes
import Foundation
import Model
import Querying
import Support

/// Scripts against a running server: samples go in by remote write, queries are asked over HTTP,
/// and what is forgotten is another tenant's.
struct PromQLServerTarget: PromQLScriptTarget {
  private let server: ServerProcess
  /// What the tenants' names begin with, so that scripts do not meet.
  private let name: String
  private var number = 0

  init(_ server: ServerProcess, name: String) {
    self.server = server
    self.name = name
  }

  private var client: PromQLClient {
    PromQLClient(address: server.http, headers: ["X-Scope-OrgID": "\(name)-\(number)"])
  }

  mutating func clear() { number += 1 }

  func load(_ series: [StoredSeries]) async throws { try await client.write(series) }

  func deploy(_ event: JSONValue) throws {
    throw ServerProcess.Failure("these scripts deploy nothing")
  }

  func answer(
    _ query: ByteString, scope: Scope, times: EvaluationTimes, isInstant: Bool
  ) async throws -> PromQL.Answer {
    try await client.answer(query.text, times: times, isInstant: isInstant)
  }
}
