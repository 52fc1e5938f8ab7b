import Bytes
import Simulating
import Testing

/// The shipped rules and the fleet were written apart; here they meet.
@Suite struct FleetAlertTests {
  /// Within three minutes of going live exactly the affected tenants' alerts fire, and name the
  /// release.
  @Test(arguments: [1, 2, 3, 4, 5, 71, 1_009] as [UInt64])
  func aBrokenProcessFiresForExactlyItsTenants(seed: UInt64) async throws {
    let fleet = try VirtualFleet(seed: seed, isClean: false)
    let plan = fleet.fleetPlan
    let defect = try #require(plan.defect)
    try await fleet.run(untilLiveSecond: 180)
    let wave = try #require(plan.waves.first { $0.number == defect.wave })
    let tenants = Set(wave.tenants.map { plan.tenants[$0].name.text })
    #expect(Set(fleet.fired.map(\.tenant)) == tenants)
    let release = plan.releases[wave.release].tag.text
    #expect(Set(fleet.fired.map(\.release)) == [release])
    #expect(Set(fleet.fired.map(\.name)).count == 1)
  }

  @Test(arguments: [6, 72] as [UInt64])
  func aCleanFleetFiresNothingInTenMinutes(seed: UInt64) async throws {
    let fleet = try VirtualFleet(seed: seed, isClean: true)
    try await fleet.run(untilLiveSecond: 600)
    #expect(fleet.fired.isEmpty)
  }
}
