import Bytes
import Judging
import Model
import Testing

/// Who runs what since when, as the timeline tells.
@Suite struct ExposureListTests {
  private static let now: Int64 = 1_795_435_200 * Instant.second

  private func event(
    _ release: ByteString, hoursAgo: Int64, tenants: [ByteString]? = nil,
    instances: [ByteString]? = nil
  ) -> DeployEvent {
    DeployEvent(
      service: "odoo", environment: "", tenants: tenants, instances: instances, release: release,
      previous: nil, kind: .deploy, start: Self.now - hoursAgo * 3_600 * Instant.second, end: nil)
  }

  @Test func showsTheLatestReleaseOfEach() throws {
    let timeline = Timeline([
      event("r1", hoursAgo: 50), event("r2", hoursAgo: 5, tenants: ["acme"]),
      event("r2", hoursAgo: 2, tenants: ["acme"]), event("r3", hoursAgo: -1),
      event("r2", hoursAgo: 1, tenants: ["beta"], instances: ["w1"]),
    ])
    let list = ExposureList(timeline: timeline, tenants: ["gamma"], now: Self.now)
    let shown = list.exposures.map { "\($0.tenant) \($0.instance) \($0.release)" }
    #expect(shown == ["acme  r2", "beta  r1", "beta w1 r2", "gamma  r1"])
    // A repeated deploy of the same release does not make it younger.
    #expect(list.exposures.first?.since == Self.now - 5 * 3_600 * Instant.second)
    #expect(list.text.contains("acme    odoo     any          all       r2"))
    var json = JSONWriter()
    list.write(&json)
    #expect(try JSONValue(parsing: json.bytes).elements?.count == 4)
  }

  @Test func nothingIsKnownOfNobody() {
    let list = ExposureList(timeline: .empty, tenants: ["acme"], now: Self.now)
    #expect(list.exposures.isEmpty && list.text == "no deploys are known\n")
  }
}
