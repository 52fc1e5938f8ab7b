package import Bytes
package import Model

/// Which release a tenant's service runs now, and since when.
package struct Exposure: Sendable, Equatable {
  package let tenant: ByteString
  package let service: ByteString
  /// Empty where the deploys name none.
  package let environment: ByteString
  /// Empty means all instances.
  package let instance: ByteString
  package let release: ByteString
  /// Nanoseconds since 1970.
  package let since: Int64
}

/// The exposures of a fleet at an instant, in order of tenant, service, environment, instance.
package struct ExposureList: Sendable, Equatable {
  package let exposures: [Exposure]
  package let now: Int64

  /// What the timeline says of `tenants`, those its deploys name, and, where a deploy went to all,
  /// nobody else: give all tenants there are. An instance gets a row of its own when it runs
  /// something else than its tenant's other instances.
  package init(timeline: Timeline, tenants: [ByteString], now: Int64) {
    self.now = now
    let known = Set(timeline.events.flatMap { $0.tenants ?? [] }).union(tenants).sorted()
    var places: [Place] = []
    var seen: Set<Place> = []
    for event in timeline.events {
      for instance in [ByteString.empty] + (event.instances ?? []) {
        let place = Place(
          service: event.service, environment: event.environment, instance: instance)
        if seen.insert(place).inserted { places.append(place) }
      }
    }
    places.sort()
    exposures = known.flatMap { tenant in
      places.compactMap { Self.exposure(of: tenant, at: $0, timeline, now) }
    }
  }

  /// Where a release may run, of whichever tenant.
  private struct Place: Hashable, Comparable {
    let service: ByteString
    let environment: ByteString
    let instance: ByteString

    static func < (left: Place, right: Place) -> Bool {
      if left.service != right.service { return left.service < right.service }
      if left.environment != right.environment { return left.environment < right.environment }
      return left.instance < right.instance
    }
  }

  private static func exposure(
    of tenant: ByteString, at place: Place, _ timeline: Timeline, _ now: Int64
  ) -> Exposure? {
    let own = timeline.events.filter { event in
      event.start <= now && event.service == place.service
        && (event.environment.isEmpty || event.environment == place.environment)
        && event.tenants?.contains(tenant) ?? true
    }
    // A row for all instances tells what those run that no deploy has named.
    let whole = own.filter { $0.instances == nil }
    guard !place.instance.isEmpty else {
      return since(whole).map { Self.row(tenant, place, $0) }
    }
    let named = own.filter { $0.instances?.contains(place.instance) ?? true }
    guard let change = since(named), change.release != whole.last?.release else { return nil }
    return Self.row(tenant, place, change)
  }

  /// The first of the events at the end that all deployed the same release.
  private static func since(_ events: [DeployEvent]) -> DeployEvent? {
    guard let last = events.last else { return nil }
    return events.reversed().prefix { $0.release == last.release }.last
  }

  private static func row(
    _ tenant: ByteString, _ place: Place, _ event: DeployEvent
  ) -> Exposure {
    Exposure(
      tenant: tenant, service: place.service, environment: place.environment,
      instance: place.instance, release: event.release, since: event.start)
  }

  /// The list for a terminal.
  package var text: String {
    guard !exposures.isEmpty else { return "no deploys are known\n" }
    var table = TextTable([
      .init("TENANT"), .init("SERVICE"), .init("ENVIRONMENT"), .init("INSTANCE"), .init("RELEASE"),
      .init("SINCE"), .init("AGE", isNumeric: true),
    ])
    for row in exposures {
      table.append([
        row.tenant.text, row.service.text, row.environment.isEmpty ? "any" : row.environment.text,
        row.instance.isEmpty ? "all" : row.instance.text, row.release.text,
        Instant.text(row.since), Wording.span(now.subtractingReportingOverflow(row.since).0),
      ])
    }
    return table.text
  }

  /// Writes the list as a JSON array.
  package func write(_ json: inout JSONWriter) {
    json.array { json in
      for row in exposures {
        json.object { json in
          for (key, value) in [
            ("tenant", row.tenant), ("service", row.service), ("environment", row.environment),
            ("instance", row.instance), ("release", row.release),
          ] {
            json.key(key)
            json.string(value)
          }
          json.key("since")
          json.string(Instant.text(row.since))
        }
      }
    }
  }
}
