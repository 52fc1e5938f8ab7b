import Alerting
import Bytes
import Decoding
import Foundation
import Model
import Running
import Simulating
import Storing
import Support
import Synchronization
import Tagging

/// Both loops of the house on a virtual clock: a fleet's bytes are decoded, tagged and stored, and
/// the shipped rules are evaluated every 15 s of its time.
final class VirtualFleet {
  /// A firing alert, as far as a test looks.
  struct Firing: Hashable {
    let name: String
    let tenant: String
    let release: String
  }

  private static let step: Int64 = 5_000_000_000
  let fleetPlan: FleetPlan
  private var fleet: Fleet
  private var decoders: [ByteString: OdooLog] = [:]
  private let store: Store
  private var rules = RuleSet()
  private var book = AlertBook()
  private var deploys: [DeployEvent]
  private var now: Int64
  private let clock: Clock
  /// Everything that ever fired.
  private(set) var fired: Set<Firing> = []

  private final class Clock: Sendable {
    let now = Mutex<Int64>(0)
  }

  /// A fleet of the seed; it goes live at noon of a fixed day.
  init(seed: UInt64, isClean: Bool) throws {
    let liveStart: Int64 = 1_795_176_000_000_000_000
    fleet = Fleet(
      settings: FleetSettings(seed: seed, backfillDays: 0.02, isClean: isClean),
      liveStart: liveStart)
    fleetPlan = fleet.plan
    deploys = fleet.deploys
    now = fleet.plan.backfillStart
    let clock = Clock()
    self.clock = clock
    store = try Store(
      opening: "/fleet", on: MemoryDisk(), settings: StoreSettings(retention: .max),
      clock: { clock.now.withLock { $0 } })
    let folder = Fixture.root + "/rules"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    let faults = rules.load(
      names.filter(RuleSet.isRuleFile).compactMap { name in
        FileManager.default.contents(atPath: folder + "/" + name).map {
          RuleSet.Source(path: name, bytes: [UInt8]($0))
        }
      })
    if let fault = faults.first { throw fault }
  }

  deinit {
    store.close()
  }

  /// Lets time go on until so many seconds after the fleet went live.
  func run(untilLiveSecond second: Int64) async throws {
    let end = fleetPlan.liveStart + second * 1_000_000_000
    while now < end {
      let next = now + Self.step
      while let event = deploys.first, event.start <= next {
        deploys.removeFirst()
        _ = try store.state.add(deploy: event)
      }
      try await ship(until: next)
      now = next
      clock.now.withLock { $0 = next }
      if now >= fleetPlan.liveStart, (now / Self.step) % 3 == 0 { try evaluate() }
    }
  }

  private func ship(until next: Int64) async throws {
    var batch = Batch()
    for emission in fleet.emissions(from: now, to: next) {
      guard case .odooLines(let host, let bytes, let time) = emission else { continue }
      var decoder = decoders[host] ?? OdooLog()
      try decoder.decode(
        bytes.span, from: FrameSource(key: UInt64(host.count), receivedAt: time), into: &batch)
      decoders[host] = decoder
    }
    for host in decoders.keys {
      decoders[host]?.flush(now: next, everything: false, into: &batch)
    }
    var context = TaggingContext(now: next, retention: 100 * 86_400 * 1_000_000_000)
    context.defaultService = "odoo"
    Tagger.tag(&batch, context)
    guard !batch.isEmpty else { return }
    _ = try await store.append(batch, idempotencyKey: nil)
  }

  private func evaluate() throws {
    let source = StoreSource(store: store)
    for group in rules.groups {
      let outcome = book.evaluate(group, over: source, now: now, record: { _ in })
      if let failure = outcome.failures.first { throw Failure(description: failure) }
    }
    for group in rules.groups {
      for (place, rule) in group.rules.enumerated() where rule.kind == .alerting {
        for alert in book.alerts(of: group, place: place) where alert.state == .firing {
          fired.insert(
            Firing(
              name: rule.name.text, tenant: alert.labels["tenant"]?.text ?? "",
              release: alert.labels["release"]?.text ?? ""))
        }
      }
    }
  }

  struct Failure: Error {
    let description: String
  }
}
