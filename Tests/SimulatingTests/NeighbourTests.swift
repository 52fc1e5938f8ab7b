import Bytes
import Model
import Packing
import Simulating
import Testing

/// Metrics of the fleet: statsd timers, counters that only grow, and the remote-write body.
struct NeighbourTests {
  @Test func countersGrowAndGaugesNameTheirTenant() {
    var fleet = FleetTests.fleet(7, days: 0.05)
    var last: [Labels: SimulatedSample] = [:]
    var steps: Set<Int64> = []
    let from = fleet.plan.backfillStart
    for emission in fleet.emissions(
      from: from, to: FleetTests.liveStart + 60 * Instant.second)
    {
      guard case .samples(let samples) = emission else { continue }
      for sample in samples {
        let name = sample.labels[Labels.metricName] ?? .empty
        #expect(sample.labels["tenant"] != nil && sample.labels["job"] != nil)
        if let before = last[sample.labels] {
          steps.insert(sample.milliseconds - before.milliseconds)
          let grows = name.hasSuffix("_total") || name.text.contains("_xact_")
          #expect(!grows || sample.value >= before.value)
        }
        last[sample.labels] = sample
      }
    }
    #expect(steps.isSubset(of: [15_000, 30_000]) && steps.contains(30_000))
    #expect(last.count == 12 * 12)
  }

  @Test func timersAreNamedAsTheModuleNamesThem() {
    var fleet = FleetTests.fleet(8)
    let tenants = Set(fleet.plan.tenants.map(\.name.text))
    var buttons = 0
    for emission in fleet.emissions(
      from: FleetTests.liveStart, to: FleetTests.liveStart + 20 * Instant.second)
    {
      guard case .statsd(let bytes, _) = emission else { continue }
      let parts = String(decoding: bytes, as: UTF8.self).split(separator: ":")
      let names = parts[0].split(separator: ".").map(String.init)
      #expect(names.prefix(2) == ["odoo", "http"] || names.prefix(1) == ["odoo"])
      #expect(tenants.contains(names[3]) && names[4] == "prod")
      #expect(names[2] == "request" ? names.count == 5 : names.count == 7)
      if names.suffix(2) == ["stock_picking", "button_validate"] { buttons += 1 }
      #expect(parts[1].hasSuffix("|ms"))
      #expect(Numbers.decimal(Array(parts[1].dropLast(3).utf8).span) ?? 0 > 0)
    }
    #expect(buttons > 40)
  }

  /// The bytes follow protobuf's encoding guide: field number and wire type, then length or value.
  @Test func theRemoteWriteBodyIsTheMessageOfTheSpecification() throws {
    let labels = Labels([Label("__name__", "m"), Label("a", "b")])
    let body = RemoteWriteBody.encode([
      SimulatedSample(labels: labels, milliseconds: 300, value: 1),
      SimulatedSample(labels: labels, milliseconds: -1, value: 2),
    ])
    let series: [UInt8] =
      [0x0A, 13, 0x0A, 8] + Array("__name__".utf8) + [0x12, 1, 109]
      + [0x0A, 6, 0x0A, 1, 97, 0x12, 1, 98]
      + [0x12, 12, 0x09, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0x10, 0xAC, 0x02]
      + [0x12, 20, 0x09, 0, 0, 0, 0, 0, 0, 0, 0x40, 0x10]
      + [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]
    let expected = [0x0A, UInt8(series.count)] + series
    #expect(try Snappy.decompress(body, limit: 1_000) == expected)
    #expect(try Snappy.decompress(RemoteWriteBody.encode([]), limit: 10) == [])
  }
}
