public import Bytes

extension Timeline {
  /// A time in which a tenant's service ran a release without a break.
  public struct Exposure: Sendable, Equatable {
    public let tenant: ByteString
    public let service: ByteString
    /// Empty where the deploys name none.
    public let environment: ByteString
    public let release: ByteString
    /// Nanoseconds since 1970.
    public let start: Int64
    /// Nanoseconds since 1970, itself left out; nil while it goes on.
    public let end: Int64?
  }

  /// The exposures of `tenants`, by tenant, service and environment, in order of their end. A
  /// release on some instances only is an exposure beside that of the others, and one that goes
  /// from some to all is one exposure from its first instance on.
  public func exposures(of tenants: [ByteString]) -> [Exposure] {
    let wanted = Set(tenants)
    var own: [ByteString: [DeployEvent]] = [:]
    for event in events {
      // A list may name a tenant twice; its event counts once.
      for tenant in event.tenants.map({ Set($0).intersection(wanted) }) ?? wanted {
        own[tenant, default: []].append(event)
      }
    }
    return own.keys.sorted().flatMap { Self.exposures(of: $0, own[$0] ?? []) }
  }

  private static func exposures(of tenant: ByteString, _ events: [DeployEvent]) -> [Exposure] {
    var environments: [ByteString: Set<ByteString>] = [:]
    for event in events { environments[event.service, default: []].insert(event.environment) }
    return environments.keys.sorted().flatMap { service in
      (environments[service] ?? []).sorted().flatMap { environment in
        let own = events.filter {
          $0.service == service && ($0.environment.isEmpty || $0.environment == environment)
        }
        return exposures(own) { release, start, end in
          Exposure(
            tenant: tenant, service: service, environment: environment, release: release,
            start: start, end: end)
        }
      }
    }
  }

  private static func exposures(
    _ events: [DeployEvent], make: (ByteString, Int64, Int64?) -> Exposure
  ) -> [Exposure] {
    var found: [Exposure] = []
    var running = Running()
    var open: [ByteString: Int64] = [:]
    for (index, event) in events.enumerated() {
      running.apply(event)
      // Of events of one instant only what they come to together was ever run.
      if index + 1 < events.count, events[index + 1].start == event.start { continue }
      for release in open.keys.filter({ running.places[$0] == nil }).sorted() {
        guard let start = open.removeValue(forKey: release) else { continue }
        found.append(make(release, start, event.start))
      }
      for release in running.places.keys where open[release] == nil { open[release] = event.start }
    }
    return found + open.keys.sorted().compactMap { key in open[key].map { make(key, $0, nil) } }
  }

  /// What runs where at an instant.
  private struct Running {
    private var instances: [ByteString: ByteString] = [:]
    /// In how many places each release runs: the instances named, and all others together.
    private(set) var places: [ByteString: Int] = [:]

    mutating func apply(_ event: DeployEvent) {
      guard let named = event.instances else {
        instances = [:]
        places = [event.release: 1]
        return
      }
      for name in named {
        if let before = instances[name], let count = places[before] {
          places[before] = count > 1 ? count - 1 : nil
        }
        instances[name] = event.release
        places[event.release, default: 0] += 1
      }
    }
  }
}
