import Foundation
import Support
import Synchronization
import Testing

/// kill -9 at random moments under load: acknowledged rows are there once, others whole or absent.
@Suite(.serialized) struct KillTests {
  private static let rounds = 20
  private static let rowsPerBatch = 40

  @Test func acknowledgedRowsSurviveKillExactlyOnce() async throws {
    var random = SeededGenerator(seed: 20)
    let folder = NSTemporaryDirectory() + "/plimsoll-kill-" + UUID().uuidString
    var server = try ServerProcess(folder: folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var acknowledged: [String] = []
    var unacknowledged: [String] = []
    var datagrams = 0
    for round in 0..<Self.rounds {
      let victim = server
      let delay = UInt64.random(in: 10...250, using: &random)
      let killer = Task {
        try await Task.sleep(for: .milliseconds(delay))
        victim.kill()
      }
      var number = 0
      while victim.isRunning {
        let batch = "b\(round)-\(number)"
        number += 1
        try? victim.send(Self.datagram(datagrams), to: "odoo")
        datagrams += 1
        if await Self.post(batch, to: victim) == 200 {
          acknowledged.append(batch)
        } else {
          unacknowledged.append(batch)
        }
      }
      try await killer.value
      server = try ServerProcess(folder: folder)
      // Every other batch that was not acknowledged is retried under its key until it is.
      let retried = unacknowledged.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
      for batch in retried {
        #expect(await Self.post(batch, to: server) == 200)
        acknowledged.append(batch)
      }
      unacknowledged.removeAll { retried.contains($0) }
    }
    // And a retry of something acknowledged long ago changes nothing.
    for batch in acknowledged.prefix(5) { #expect(await Self.post(batch, to: server) == 200) }
    try await verify(server, acknowledged, unacknowledged, datagrams)
    server.remove()
  }

  private func verify(
    _ server: ServerProcess, _ acknowledged: [String], _ unacknowledged: [String],
    _ datagrams: Int
  ) async throws {
    let counts = try await Self.counts(server, "batch", "kill")
    let full = Double(Self.rowsPerBatch)
    #expect(acknowledged.count > Self.rounds)
    let missing = acknowledged.filter { counts[$0] != full }
    #expect(missing == [], "of \(acknowledged.count), \(counts.count) there")
    for batch in unacknowledged {
      #expect(counts[batch] == nil || counts[batch] == full, "\(batch)")
    }
    let rows = try await Self.counts(server, "row", "kill")
    #expect(rows.values.allSatisfy { $0 == 1 })
    let arrived = try await Self.counts(server, "n", "udp")
    #expect(arrived.values.allSatisfy { $0 == 1 })
    #expect(arrived.count <= datagrams)
    let whole = try await Self.counts(server, "mark", "udp")
    #expect(whole["whole"] == arrived.values.reduce(0, +) || arrived.isEmpty)
  }

  private static func post(_ batch: String, to server: ServerProcess) async -> Int {
    let lines = (0..<rowsPerBatch).map {
      #"{"service":"kill","message":"row \#($0)","batch":"\#(batch)","row":"\#(batch)/\#($0)"}"#
    }
    let answer = try? await server.call(
      "POST", "/ingest/json", body: Data(lines.joined(separator: "\n").utf8),
      headers: ["Idempotency-Key": batch])
    return answer?.status ?? 0
  }

  private static func datagram(_ number: Int) -> String {
    let filler = String(repeating: "x", count: 200)
    return #"{"service":"udp","message":"\#(filler)","n":"\#(number)","mark":"whole"}"#
  }

  /// Rows by the value of a field.
  private static func counts(
    _ server: ServerProcess, _ field: String, _ service: String
  ) async throws -> [String: Double] {
    let query = #"sum by (\#(field)) (count_over_time({service="\#(service)"} [1h]))"#
    let escaped =
      query.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    let answer = try await server.call("GET", "/loki/api/v1/query?query=\(escaped)")
    #expect(answer.status == 200, "\(answer.text.prefix(300))")
    return try Vector.values(answer.text, by: field)
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
