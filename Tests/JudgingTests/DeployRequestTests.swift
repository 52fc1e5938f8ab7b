import Bytes
import Judging
import Model
import Testing

/// What a deploy request may say, and what it is told when it may not.
@Suite struct DeployRequestTests {
  private static let now: Int64 = 1_795_435_200 * Instant.second

  private func parse(_ text: String) throws -> DeployEvent {
    try DeployRequest.parse(Array(text.utf8), now: Self.now)
  }

  @Test func defaultsAreTheUsual() throws {
    let event = try parse(#"{"release":"17.0.42.0"}"#)
    #expect(event.service == "odoo" && event.environment.isEmpty && event.kind == .deploy)
    #expect(event.tenants == nil && event.instances == nil && event.previous == nil)
    #expect(event.start == Self.now && event.end == nil && !event.isInferred)
  }

  @Test func readsEverything() throws {
    let event = try parse(
      """
      {"service":"edi","environment":"production","tenants":["acme","beta"],"instances":["w1"],
       "release":"r2","previous":"r1","kind":"canary","start":"2026-11-23T10:00:00Z",
       "end":1795435100,"actor":"ci","link":"https://ci.example.org/1"}
      """)
    #expect(event.service == "edi" && event.environment == "production")
    #expect(event.tenants == ["acme", "beta"] && event.instances == ["w1"])
    #expect(event.release == "r2" && event.previous == "r1" && event.kind == .canary)
    #expect(Instant.text(event.start) == "2026-11-23T10:00:00Z")
    #expect(event.end == 1_795_435_100 * Instant.second)
    #expect(event.actor == "ci" && event.link == "https://ci.example.org/1")
  }

  @Test func finishedEndsNow() throws {
    #expect(try parse(#"{"release":"r","status":"finished"}"#).end == Self.now)
    #expect(try parse(#"{"release":"r","status":"started"}"#).end == nil)
    #expect(try parse(#"{"release":"r","start":1795435000000}"#).start < Self.now)
  }

  @Test func writtenEventsReadBack() throws {
    let event = try parse(
      #"{"release":"r","tenants":["a"],"start":"2026-11-23T10:00:00.250Z","kind":"rollback"}"#)
    var json = JSONWriter()
    DeployRequest.write(event, &json)
    #expect(try DeployRequest.parse(json.bytes, now: Self.now) == event)
  }

  @Test(arguments: [
    ("[]", "a deploy must be a JSON object"),
    ("{", "not JSON: unexpected end at byte 1"),
    ("{}", "release is missing"),
    (#"{"release":""}"#, "release is missing"),
    (#"{"release":17}"#, "release must be a string of at most 1024 bytes"),
    (#"{"release":"r","tenant":"a"}"#, "unknown member \"tenant\""),
    (
      #"{"release":"r","tenants":[]}"#,
      "tenants must be \"all\" or a list of names that is not empty"
    ),
    (
      #"{"release":"r","tenants":"acme"}"#,
      "tenants must be \"all\" or a list of names that is not empty"
    ),
    (
      #"{"release":"r","tenants":["a b"]}"#,
      "tenant \"a b\" is not a valid name: 1 to 63 of A-Z a-z 0-9 . _ -"
    ),
    (
      #"{"release":"r","kind":"big"}"#,
      "kind must be one of deploy, canary, rollback, hotfix, not \"big\""
    ),
    (
      #"{"release":"r","start":"soon"}"#,
      "start must be an RFC 3339 time or a number since the epoch"
    ),
    (#"{"release":"r","start":"2126-01-01T00:00:00Z"}"#, "start is more than 10 minutes ahead"),
    (#"{"release":"r","end":1}"#, "end is before start"),
    (#"{"release":"r","status":"broken"}"#, "status must be started or finished, not \"broken\""),
    (#"{"release":"r","status":"started","end":1795435200}"#, "status started contradicts an end"),
  ])
  func refusesWithASentence(text: String, message: String) {
    #expect(throws: DeployRequest.Refusal(message: message)) { try parse(text) }
  }
}
