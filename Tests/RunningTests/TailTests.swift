import Foundation
import Support
import Testing

/// Loki's tail, as a websocket of the running program.
@Suite struct TailTests {
  private static let path = "/loki/api/v1/tail"

  private static func target(_ query: String, _ more: String = "") -> String {
    path + "?query=" + HTTPContractTests.escape(query) + more
  }

  private static func push(_ line: String, to server: ServerProcess) async throws {
    let time = Int(Date().timeIntervalSince1970 * 1e9)
    let body =
      #"{"streams":[{"stream":{"app":"shop"},"values":[["\#(time)","\#(line)",{"k":"v"}]]}]}"#
    let answer = try await server.call(
      "POST", "/loki/api/v1/push", body: Data(body.utf8), headers: ["X-Scope-OrgID": "acme"])
    #expect(answer.status == 204)
  }

  @Test func linesComeAsTheyArePushedAndItClosesCleanly() async throws {
    let server = try ServerProcess()
    defer { server.remove() }
    try await Self.push("before", to: server)
    let reader = try WebSocketReader(
      server, Self.target(#"{app="shop"}"#, "&limit=10&delay_for=0"),
      headers: WebSocketReader.handshake + ["X-Scope-OrgID: acme"])
    let head = try reader.head()
    #expect(head.hasPrefix("HTTP/1.1 101 "))
    // The key's answer, from RFC 6455, 1.3.
    #expect(head.lowercased().contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="))
    let first = try reader.frame()
    #expect(first.opcode == 1)
    #expect(first.text.hasPrefix(#"{"streams":[{"stream":{"app":"shop","k":"v"},"values":[[""#))
    #expect(first.text.hasSuffix(#","before"]]}],"dropped_entries":[]}"#))
    reader.send(opcode: 9, Array("are you there".utf8))
    let pong = try reader.frame()
    #expect(pong.opcode == 10)
    #expect(pong.text == "are you there")
    try await Self.push("after", to: server)
    #expect(try reader.frame().text.contains(#","after"]"#))
    reader.send(opcode: 8, [0x03, 0xE8])
    let last = try reader.frame()
    #expect(last.opcode == 8)
    #expect(last.body == [0x03, 0xE8])
    #expect(reader.rest() == "")
    #expect(try await server.call("GET", "/-/healthy").status == 200)
  }

  @Test func aServerThatStopsEndsItsTails() async throws {
    let server = try ServerProcess()
    defer { server.remove() }
    let idle = try WebSocketReader(server, "/-/healthy", headers: [])
    #expect(try idle.head().hasPrefix("HTTP/1.1 200"))
    let reader = try WebSocketReader(
      server, Self.target(#"{app="shop"}"#), headers: WebSocketReader.handshake)
    #expect(try reader.head().hasPrefix("HTTP/1.1 101 "))
    #expect(server.stop() == 0)
    let last = try reader.frame()
    #expect(last.opcode == 8)
    #expect(last.body == [0x03, 0xE9])
  }

  @Test(arguments: [
    (target(#"{app="#), WebSocketReader.handshake, 400),
    (target(#"rate({app="shop"}[1m])"#), WebSocketReader.handshake, 400),
    (target(#"{app="shop"}"#, "&delay_for=6"), WebSocketReader.handshake, 400),
    (target(#"{app="shop"}"#, "&limit=-1"), WebSocketReader.handshake, 400),
    (path, WebSocketReader.handshake, 400),
    (target(#"{app="shop"}"#), [], 400),
    (target(#"{app="shop"}"#), WebSocketReader.handshake + ["X-Scope-OrgID: a/b"], 400),
    (target(#"{app="shop"}"#), WebSocketReader.handshake + ["Origin: http://elsewhere"], 403),
    (path + "x", WebSocketReader.handshake, 404),
    ("/loki/api/v2alpha/tail?query=x", WebSocketReader.handshake, 404),
  ])
  func whatCannotBeTailedIsAnswered(
    _ target: String, _ headers: [String], _ status: Int
  ) async throws {
    let server = try ServerProcess()
    defer { server.remove() }
    let reader = try WebSocketReader(server, target, headers: headers)
    #expect(try reader.head().hasPrefix("HTTP/1.1 \(status) "))
    #expect(try await server.call("GET", "/-/healthy").status == 200)
  }

  @Test func badFramesEndTheConnectionNotTheServer() async throws {
    let server = try ServerProcess()
    defer { server.remove() }
    for bytes: [UInt8] in [
      [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
      [0x81, 0x7F, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [0x88, 0xFF], [0x83, 0x80],
    ] {
      let reader = try WebSocketReader(
        server, Self.target(#"{app="shop"}"#), headers: WebSocketReader.handshake)
      _ = try reader.head()
      reader.send(bytes)
    }
    #expect(try await server.call("GET", "/-/healthy").status == 200)
  }
}
