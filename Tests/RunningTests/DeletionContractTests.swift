import Foundation
import Support
import Testing

/// Deletion as an operator asks for it, against the running program.
@Suite struct DeletionContractTests {
  /// Not compressed away: it is its rows' only random part, and stands in their hosts too.
  private static let marker = "anna7f3a9c41d2"
  private static let query = #"{tenant="nordlog"} |= "anna7f3a9c41d2""#

  private func filled() async throws -> ServerProcess {
    let server = try ServerProcess()
    let now = Int(Date().timeIntervalSince1970)
    var lines: [String] = []
    for (place, tenant) in ["nordlog", "nordlog", "sudlog"].enumerated() {
      lines.append(
        #"{"time":\#(now - place),"tenant":"\#(tenant)","service":"odoo","host":"\#(Self.marker)","#
          + #""message":"order of \#(Self.marker)@example.com"}"#)
      lines.append(
        #"{"time":\#(now - place),"tenant":"\#(tenant)","service":"odoo","message":"other"}"#)
    }
    let stored = try await server.call(
      "POST", "/ingest/json", body: Data(lines.joined(separator: "\n").utf8))
    #expect(stored.status == 200, "\(stored.text)")
    let samples = ["nordlog", "sudlog"].map { tenant in
      #"{"name":"orders_total","value":3,"time":\#(now),"labels":{"tenant":"\#(tenant)"}}"#
    }
    let kept = try await server.call(
      "POST", "/ingest/metrics", body: Data(samples.joined(separator: "\n").utf8))
    #expect(kept.status == 200, "\(kept.text)")
    return server
  }

  private func count(_ server: ServerProcess) async throws -> [String: Double] {
    let query = #"sum by (tenant) (count_over_time({service="odoo"} |= "\#(Self.marker)" [1h]))"#
    let answer = try await server.call("GET", "/loki/api/v1/query?query=" + escape(query))
    return try Vector.values(answer.text, by: "tenant")
  }

  private func escape(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
  }

  @Test func rowsThatAQueryShowsGoForGoodAndAReceiptStays() async throws {
    let server = try await filled()
    defer { server.remove() }
    #expect(try await count(server) == ["nordlog": 2, "sudlog": 1])
    let answer = try await server.call(
      "POST", "/api/v1/deletions?query=" + escape(Self.query))
    #expect(answer.status == 200, "\(answer.text)")
    #expect(answer.text.contains(#""status":"done""#))
    #expect(answer.text.contains(#""deletedRecords":2"#))
    #expect(try await count(server) == ["sudlog": 1])
    let again = try await server.call(
      "POST", "/loki/api/v1/delete?start=0&query=" + escape(Self.query))
    #expect(again.status == 204)
    let listed = try await server.call("GET", "/loki/api/v1/delete")
    #expect(listed.text.components(separatedBy: #""status":"processed""#).count == 3)
    let stranger = try await server.call(
      "GET", "/api/v1/deletions", headers: ["X-Scope-OrgID": "sudlog"])
    #expect(stranger.text == #"{"deletions":[]}"#)
  }

  @Test func noFileHoldsTheBytesAnyMore() async throws {
    let server = try await filled()
    defer { server.remove() }
    #expect(try files(of: server).contains { holdsMarker($0) })
    for tenant in ["nordlog", "sudlog"] {
      let answer = try await server.call(
        "POST", "/loki/api/v1/delete?query=" + escape(#"{service="odoo"} |= "anna""#),
        headers: ["X-Scope-OrgID": tenant])
      #expect(answer.status == 204)
    }
    #expect(try files(of: server).filter { holdsMarker($0) } == [])
    #expect(try await count(server) == [:])
  }

  private func files(of server: ServerProcess) throws -> [String] {
    let folder = server.folder
    return (FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? [])
      .map { folder + "/" + $0 }
  }

  private func holdsMarker(_ path: String) -> Bool {
    FileManager.default.contents(atPath: path)?.range(of: Data(Self.marker.utf8)) != nil
  }

  @Test func samplesGoByTheCommand() async throws {
    let server = try await filled()
    defer { server.remove() }
    let asked = [
      "delete", "--server", server.http, "--tenant", "nordlog", "--series", "orders_total",
    ]
    let refused = try run(ServerProcess.program, asked)
    #expect(refused.status == 1)
    #expect(refused.output.contains("add --yes"))
    let done = try run(ServerProcess.program, asked + ["--yes"])
    #expect(done.status == 0)
    #expect(done.output.contains("1 samples"), "\(done.output)")
    let answer = try await server.call("GET", "/api/v1/query?query=orders_total")
    #expect(try Vector.values(answer.text, by: "tenant") == ["sudlog": 3])
    let listed = try run(ServerProcess.program, ["delete", "--server", server.http, "--list"])
    #expect(listed.output.contains("orders_total"))
  }

  @Test(arguments: [
    ("/api/v1/deletions", "say what"),
    ("/api/v1/deletions?query=%7Bservice%3D%22odoo%22%7D", "say whose rows"),
    ("/api/v1/deletions?query=rate(%7Btenant%3D%22a%22%7D%5B1m%5D)", "say whose rows"),
    (
      "/api/v1/deletions?match%5B%5D=up%7Btenant%3D%22a%22%2Crelease%3D%22r%22%7D",
      "leave out release"
    ),
    ("/api/v1/deletions?query=%7Btenant%3D%22a%22%7D&start=20&end=10", "end must not be before"),
    ("/loki/api/v1/delete?query=%7B", "parse"),
  ])
  func whatIsNotClearIsRefused(_ path: String, _ reason: String) async throws {
    let server = try ServerProcess()
    defer { server.remove() }
    let answer = try await server.call("POST", path)
    #expect(answer.status == 400)
    #expect(answer.text.contains(reason), "\(answer.text)")
  }
}
