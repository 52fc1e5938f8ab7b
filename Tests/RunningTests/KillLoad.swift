import Foundation
import Support
import Synchronization
import Testing

/// Requests of several tenants, with records and with samples, each under a key of its own, and
/// datagrams; and what became of each.
final class KillLoad: Sendable {
  /// A request that is sent until it is acknowledged, or given up.
  struct Request: Sendable {
    let name: String
    let tenant: String
    let isSamples: Bool
  }

  /// What the lock guards.
  private struct State {
    var acknowledged: [Request] = []
    var waiting: [Request] = []
    var givenUp: [Request] = []
    /// Requests that got no answer.
    var failures = 0
    var datagrams = 0
    var repeats = 0
  }

  private static let tenants = ["t0", "t1", "t2"]
  private static let records = 40
  private static let samples = 10

  private let state = Mutex(State())

  /// Sends until the server is gone.
  func run(round: Int, on server: ServerProcess) async {
    await withTaskGroup(of: Void.self) { group in
      for (place, tenant) in Self.tenants.enumerated() {
        group.addTask { [self] in
          var number = 0
          while server.isRunning {
            let request = Request(
              name: "b\(round)-\(place)-\(number)", tenant: tenant, isSamples: number % 4 == 3)
            number += 1
            send(datagramTo: server)
            let status = await Self.post(request, to: server)
            settle(request, status, isLast: false)
          }
        }
      }
    }
  }

  private func send(datagramTo server: ServerProcess) {
    let number = state.withLock { state in
      state.datagrams += 1
      return state.datagrams
    }
    let filler = String(repeating: "x", count: 200)
    try? server.send(
      #"{"service":"udp","message":"\#(filler)","n":"\#(number)","mark":"whole"}"#, to: "odoo")
  }

  private func settle(_ request: Request, _ status: Int, isLast: Bool) {
    state.withLock { state in
      if status == 200 || status == 204 {
        state.acknowledged.append(request)
        return
      }
      state.failures += 1
      // Some clients never come again.
      if isLast || state.failures % 5 == 0 {
        state.givenUp.append(request)
      } else {
        state.waiting.append(request)
      }
    }
  }

  /// Clients that heard nothing come again under their keys.
  func retry(on server: ServerProcess) async {
    let waiting = state.withLock { state in
      defer { state.waiting = [] }
      return state.waiting
    }
    for request in waiting {
      let status = await Self.post(request, to: server)
      #expect(status == 200 || status == 204, "\(request.name)")
      settle(request, status, isLast: true)
    }
  }

  /// Clients come again with what was acknowledged long ago.
  func repeatSome(on server: ServerProcess) async {
    for request in state.withLock({ $0.acknowledged }).enumerated()
    where request.offset % 97 == 0 {
      let status = await Self.post(request.element, to: server)
      #expect(status == 200 || status == 204)
      state.withLock { $0.repeats += 1 }
    }
  }

  private static func post(_ request: Request, to server: ServerProcess) async -> Int {
    let now = Int(Date().timeIntervalSince1970)
    let lines =
      request.isSamples
      ? (0..<samples).map { number in
        #"{"name":"kill","value":\#(number).1,"time":\#(now - 60 + number),"#
          + #""labels":{"batch":"\#(request.name)"}}"#
      }
      : (0..<records).map { number in
        #"{"service":"kill","message":"row \#(number) of \#(request.name)","#
          + #""batch":"\#(request.name)","row":"\#(number)"}"#
      }
    let answer = try? await server.call(
      "POST", request.isSamples ? "/ingest/metrics" : "/ingest/json",
      body: Data(lines.joined(separator: "\n").utf8),
      headers: ["Idempotency-Key": request.name, "X-Scope-OrgID": request.tenant])
    return answer?.status ?? 0
  }

  /// Everything acknowledged is there once, everything else whole or absent, nothing besides.
  func verify(_ server: ServerProcess) async throws {
    let state = state.withLock { $0 }
    #expect(state.acknowledged.count > 500)
    #expect(!state.givenUp.isEmpty)
    for tenant in Self.tenants {
      for isSamples in [false, true] {
        func names(_ requests: [Request]) -> Set<String> {
          Set(requests.filter { $0.tenant == tenant && $0.isSamples == isSamples }.map(\.name))
        }
        let counts = try await Self.counts(server, tenant, isSamples)
        let whole = Double(isSamples ? Self.samples : Self.records)
        let lost = names(state.acknowledged).filter { counts[$0] == nil }
        #expect(lost == [], "lost, \(tenant), samples \(isSamples)")
        let odd = counts.filter { $0.value != whole }
        #expect(odd.isEmpty, "torn or doubled: \(odd)")
        let known = names(state.acknowledged).union(names(state.givenUp))
        #expect(Set(counts.keys).isSubset(of: known), "nobody sent these")
        guard !isSamples else { continue }
        // Each of the numbers of a request's rows is there as often as there are requests.
        let query = #"sum by (row) (count_over_time({service="kill"} [1h]))"#
        let rows = try await Self.values(server, "/loki/api/v1/query", query, by: "row", tenant)
        #expect(rows.count == Self.records)
        #expect(rows.values.allSatisfy { $0 == Double(counts.count) })
      }
    }
    let datagrams = try await Self.values(
      server, "/loki/api/v1/query", #"sum by (n) (count_over_time({service="udp"} [1h]))"#,
      by: "n", nil)
    #expect(!datagrams.isEmpty && datagrams.count <= state.datagrams)
    #expect(datagrams.values.allSatisfy { $0 == 1 })
  }

  /// Rows by request.
  private static func counts(
    _ server: ServerProcess, _ tenant: String, _ isSamples: Bool
  ) async throws -> [String: Double] {
    try await values(
      server, isSamples ? "/api/v1/query" : "/loki/api/v1/query",
      isSamples
        ? "sum by (batch) (count_over_time(kill[1h]))"
        : #"sum by (batch) (count_over_time({service="kill"} [1h]))"#, by: "batch", tenant)
  }

  private static func values(
    _ server: ServerProcess, _ path: String, _ query: String, by label: String, _ tenant: String?
  ) async throws -> [String: Double] {
    let escaped = query.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    let answer = try await server.call(
      "GET", "\(path)?query=\(escaped)", headers: tenant.map { ["X-Scope-OrgID": $0] } ?? [:])
    #expect(answer.status == 200, "\(answer.text.prefix(300))")
    return try Vector.values(answer.text, by: label)
  }

  func summary(rounds: Int, slowest: Double) -> String {
    let state = state.withLock { $0 }
    let rows = state.acknowledged.reduce(0) { $0 + ($1.isSamples ? Self.samples : Self.records) }
    let slowest = Int((slowest * 1_000).rounded())
    return "\(rounds) kills, \(state.acknowledged.count) acknowledged requests of \(rows) rows,"
      + " \(state.givenUp.count) given up, \(state.repeats) repeated, \(state.datagrams) datagrams,"
      + " slowest start \(slowest) ms"
  }
}

/// Reads instant vectors of both APIs.
enum Vector {
  static func values(_ text: String, by label: String) throws -> [String: Double] {
    struct Answer: Decodable {
      struct Body: Decodable {
        struct Element: Decodable {
          let metric: [String: String]
          let value: [Value]
        }
        let result: [Element]
      }
      let data: Body
    }
    enum Value: Decodable {
      case number(Double)
      case text(String)
      init(from decoder: any Decoder) throws {
        let single = try decoder.singleValueContainer()
        if let number = try? single.decode(Double.self) {
          self = .number(number)
        } else {
          self = .text(try single.decode(String.self))
        }
      }
      var double: Double {
        switch self {
        case .number(let number): number
        case .text(let text): Double(text) ?? .nan
        }
      }
    }
    let answer = try JSONDecoder().decode(Answer.self, from: Data(text.utf8))
    var values: [String: Double] = [:]
    for element in answer.data.result {
      values[element.metric[label] ?? "", default: 0] += element.value.last?.double ?? .nan
    }
    return values
  }
}
