import Bytes
import Model

extension FleetPlan {
  /// The plan's rollouts as deploy events, by start. Waves of the history have ended; the live ones
  /// have not.
  func makeDeploys() -> [DeployEvent] {
    (history + waves).map { wave in
      let isFirst = wave.release == 0
      let isLive = wave.release == releases.count - 1
      // Without a history, the first release has been there for an hour.
      let start = isFirst ? wave.start - 3_600 * Instant.second : wave.start
      return DeployEvent(
        service: Self.service, environment: Self.environment,
        tenants: wave.tenants.map { tenants[$0].name }, instances: nil,
        release: releases[wave.release].tag,
        previous: previous(of: wave),
        kind: !isFirst && wave.number == 1 ? .canary : .deploy, start: start,
        end: isLive ? nil : start + 1_800 * Instant.second, actor: "simulate")
    }
  }

  /// What the wave's tenants ran before; nil for the first release.
  private func previous(of wave: WavePlan) -> ByteString? {
    guard wave.release > 0, let tenant = wave.tenants.first else { return nil }
    return releases[release(ofTenant: tenant, at: wave.start - 1)].tag
  }
}
