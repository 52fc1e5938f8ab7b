package import Bytes
package import Model

/// Reads series as a query sees them: with the tenant in fleet reads, and with the inferred release
/// in queries that name `release`.
///
/// There a series without a stated release is cut at its subject's exposure changes. Samples at or
/// after a change belong to the new release; the old one ends with a stale marker at the change.
/// What a counter grew between the last sample before a change and the first one after it belongs
/// to neither, so that nothing is counted twice.
package struct SeriesReading {
  /// A series as presented, with stale markers.
  package struct Series: Sendable {
    package var labels: Labels
    /// Milliseconds since 1970, ascending.
    package var times: [Int64]
    package var values: [Double]

    /// The samples that are no stale markers.
    package var withoutMarkers: (times: [Int64], values: [Double]) {
      guard values.contains(where: \.isAbsent) else { return (times, values) }
      let kept = values.indices.filter { !values[$0].isAbsent }
      return (kept.map { times[$0] }, kept.map { values[$0] })
    }
  }

  private static let tenantLabel: ByteString = "tenant"
  private static let exportedLabel: ByteString = "exported_tenant"
  private static let releaseLabel: ByteString = "release"

  private let source: any Source
  private let scope: Scope
  private let timeline: Timeline
  /// Whether inferred releases are labels.
  private let infersRelease: Bool
  /// The native histograms among what was asked for.
  let histograms = HistogramSightings()

  package init(source: any Source, scope: Scope, namesRelease: Bool) {
    self.source = source
    self.scope = scope
    timeline = namesRelease ? source.timeline : .empty
    infersRelease = namesRelease && !timeline.isEmpty
  }

  /// Which of a tenant's series any of the selectors takes. Throws on a matcher of `release`: an
  /// inferred one is of some samples, not of a series, and what is deleted must be what was meant.
  package static func test(
    _ selectors: [PromQL.Selector], scope: Scope, tenant: ByteString
  ) throws(QueryFault) -> @Sendable (Labels) -> Bool {
    for selector in selectors where selector.matchers.contains(where: { $0.name == releaseLabel }) {
      throw QueryFault(
        .badData,
        "series are deleted by the labels they were sent with: leave out release, and name the "
          + "times of the release by start and end")
    }
    return { labels in
      selectors.contains { selector in
        selector.matchers.allSatisfy { matcher in
          if scope == .fleet, matcher.name == tenantLabel { return matcher.accepts(tenant) }
          let name = scope == .fleet && matcher.name == exportedLabel ? tenantLabel : matcher.name
          return matcher.accepts(labels[name])
        }
      }
    }
  }

  /// The series whose presented labels all matchers accept, each once, with their samples of
  /// `from...through` (milliseconds). `releases` says when those that are computed from the deploy
  /// timeline have samples; nil leaves them out. Throws what the source and the budget throw.
  func series(
    matching matchers: [Matcher], metric: ByteString?, from: Int64, through: Int64,
    releases: ReleaseSeries.Instants?, budget: Budget
  ) throws(QueryFault) -> [Series] {
    try mapSeries(
      matching: matchers, metric: metric, from: from, through: through, releases: releases,
      budget: budget
    ) { $0 }
  }

  /// The same series, each with one sample that stands for all, so that none of the others needs to
  /// be read. Where releases are inferred that would not do: which there are is for samples to say.
  func outlines(
    matching matchers: [Matcher], metric: ByteString?, from: Int64, through: Int64, budget: Budget
  ) throws(QueryFault) -> [Series] {
    guard !infersRelease else {
      return try series(
        matching: matchers, metric: metric, from: from, through: through, releases: .once,
        budget: budget)
    }
    let computed = try computed(matchers, metric, from, through, .once, budget)
    let accepts = acceptance(of: matchers)
    do {
      let sent = try budget.reading {
        try source.outlines(
          in: scope, metric: metric, from: from, through: through, where: accepts)
      }
      return Self.joined(
        try computed + shown(sent, matching: matchers, through: through, budget))
    } catch let fault as QueryFault {
      throw fault
    } catch {
      throw QueryFault(.internal, "\(error)")
    }
  }

  /// The series that are computed from the deploy timeline.
  private func computed(
    _ matchers: [Matcher], _ metric: ByteString?, _ from: Int64, _ through: Int64,
    _ releases: ReleaseSeries.Instants?, _ budget: Budget
  ) throws(QueryFault) -> [Series] {
    guard let releases, ReleaseSeries.mayMatch(matchers, metric: metric) else { return [] }
    return try ReleaseSeries(timeline: source.timeline, tenants: tenants(matchers)).series(
      matching: matchers, metric: metric, from: from, through: through, releases,
      budget: budget, present: { presented($0, tenant: $1) })
  }

  /// Which of the series that were sent all matchers accept.
  private func acceptance(
    of matchers: [Matcher]
  ) -> @Sendable (ByteString, Labels) -> Bool {
    { [self] tenant, labels in
      // Of the parts of a native histogram one stands for all.
      (labels.histogramPart ?? HistogramPart.layoutName) == HistogramPart.layoutName
        && matchers.allSatisfy { accepts($0, labels, tenant: tenant) }
    }
  }

  /// What `body` makes of those series: it gets some at a time, and is called on several threads.
  func mapSeries<Result: Sendable>(
    matching matchers: [Matcher], metric: ByteString?, from: Int64, through: Int64,
    releases: ReleaseSeries.Instants?, budget: Budget,
    _ body: @escaping @Sendable ([Series]) throws(QueryFault) -> [Result]
  ) throws(QueryFault) -> [Result] {
    let computed = try computed(matchers, metric, from, through, releases, budget)
    let accepts = acceptance(of: matchers)
    let show: @Sendable ([StoredSeries]) throws(QueryFault) -> [Series] = {
      [self] stored throws(QueryFault) in
      try shown(stored, matching: matchers, through: through, budget)
    }
    do {
      guard computed.isEmpty else {
        // What somebody sent may have the labels of what is computed.
        let sent = try budget.reading {
          try source.series(
            in: scope, metric: metric, from: from, through: through, where: accepts)
        }
        return try body(Self.joined(computed + show(sent)))
      }
      return try budget.reading {
        try source.mapSeries(
          in: scope, metric: metric, from: from, through: through, where: accepts
        ) { try body(show($0)) }
      }
    } catch let fault as QueryFault {
      throw fault
    } catch {
      throw QueryFault(.internal, "\(error)")
    }
  }

  /// Series, all of a tenant, as they are presented, without those that the matchers do not accept
  /// then.
  private func shown(
    _ all: [StoredSeries], matching matchers: [Matcher], through: Int64, _ budget: Budget
  ) throws(QueryFault) -> [Series] {
    var found: [Series] = []
    found.reserveCapacity(all.count)
    var mayCoincide = infersRelease
    for stored in all {
      try budget.charge(stored.times.count)
      guard !stored.times.isEmpty else { continue }
      if stored.labels.histogramPart != nil {
        histograms.note(stored.labels[Labels.metricName] ?? .empty)
        continue
      }
      let labels = presented(stored.labels, tenant: stored.tenant)
      let whole = Series(labels: labels, times: stored.times, values: stored.values)
      guard infersRelease else {
        // A tenant may have sent the label as well as that which its own is shown as.
        mayCoincide = mayCoincide || stored.labels[Self.exportedLabel] != nil
        found.append(whole)
        continue
      }
      for series in cut(whole, tenant: stored.tenant, through: through)
      where matchers.allSatisfy({ $0.accepts(series.labels) }) {
        found.append(series)
      }
    }
    return mayCoincide ? Self.joined(found) : found
  }

  /// In order of labels, each once.
  private static func joined(_ all: [Series]) -> [Series] {
    var found: [Series] = []
    found.reserveCapacity(all.count)
    for series in all.ordered(by: \.labels) {
      if let last = found.last, last.labels == series.labels {
        found[found.count - 1] = last.joined(series)
      } else {
        found.append(series)
      }
    }
    return found
  }

  /// Whose releases are asked for.
  private func tenants(_ matchers: [Matcher]) -> [ByteString] {
    switch scope {
    case .tenant(let tenant): return [tenant]
    case .fleet:
      let named = source.timeline.events.flatMap { $0.tenants ?? [] }
      // Rows of no tenant are nobody's to deploy to.
      return Set(source.tenants.filter { $0 != Tenant.platform } + named).filter { tenant in
        matchers.allSatisfy { $0.name != Self.tenantLabel || $0.accepts(tenant) }
      }
    }
  }

  /// Whether a matcher accepts the series as it will be presented, as far as is known before its
  /// samples are: an inferred release is not.
  private func accepts(_ matcher: Matcher, _ labels: Labels, tenant: ByteString) -> Bool {
    if case .fleet = scope {
      if matcher.name == Self.tenantLabel { return matcher.accepts(tenant) }
      if matcher.name == Self.exportedLabel {
        return matcher.accepts(labels[Self.tenantLabel] ?? labels[Self.exportedLabel])
      }
    }
    if infersRelease, matcher.name == Self.releaseLabel, labels[Self.releaseLabel] == nil {
      return true
    }
    return matcher.accepts(labels[matcher.name])
  }

  private func presented(_ labels: Labels, tenant: ByteString) -> Labels {
    guard case .fleet = scope else { return labels }
    var labels = labels
    if let sent = labels[Self.tenantLabel] { labels.set(Self.exportedLabel, sent) }
    labels.set(Self.tenantLabel, tenant)
    return labels
  }

  /// The series by release, in order of time.
  private func cut(_ series: Series, tenant: ByteString, through: Int64) -> [Series] {
    guard infersRelease, series.labels[Self.releaseLabel] == nil,
      let first = series.times.first
    else { return [series] }
    let changes = timeline.changes(
      of: subject(series.labels, tenant), from: nanoseconds(first), through: nanoseconds(through))
    if changes.count == 1 {
      var whole = series
      whole.labels.set(Self.releaseLabel, changes[0].release)
      return [whole]
    }
    var parts: [Series] = []
    var low = 0
    for (index, change) in changes.enumerated() {
      var part = Series(
        labels: series.labels.setting(Self.releaseLabel, change.release), times: [], values: [])
      let end = index + 1 < changes.count ? Self.ceiling(changes[index + 1].at) : Int64.max
      var high = low
      while high < series.times.count, series.times[high] < end { high += 1 }
      part.times = Array(series.times[low..<high])
      part.values = Array(series.values[low..<high])
      if high > low, index + 1 < changes.count {
        part.times.append(end)
        part.values.append(.absent)
      }
      low = high
      if !part.times.isEmpty { parts.append(part) }
    }
    return parts
  }

  /// Milliseconds as nanoseconds; what does not fit ends where the timeline does.
  private func nanoseconds(_ milliseconds: Int64) -> Int64 {
    milliseconds.multiplied(by: Instant.millisecond) ?? (milliseconds < 0 ? .min : .max)
  }

  /// The first whole millisecond not before an instant in nanoseconds.
  static func ceiling(_ nanoseconds: Int64) -> Int64 {
    let whole = nanoseconds / Instant.millisecond
    return nanoseconds % Instant.millisecond > 0 ? whole + 1 : whole
  }

  private func subject(_ labels: Labels, _ tenant: ByteString) -> Timeline.Subject {
    Timeline.Subject(
      tenant: tenant, service: labels["service"] ?? labels["job"] ?? .empty,
      environment: labels["environment"] ?? .empty,
      instance: labels["instance"] ?? labels["host"] ?? .empty)
  }
}

extension SeriesReading.Series {
  /// Both series' samples in order of time; of equal times a sample goes before a stale marker,
  /// else the other's comes first and stays.
  fileprivate func joined(_ other: Self) -> Self {
    var out = SeriesReading.Series(labels: labels, times: [], values: [])
    out.times.reserveCapacity(times.count + other.times.count)
    out.values.reserveCapacity(times.count + other.times.count)
    var (left, right) = (0, 0)
    while left < times.count || right < other.times.count {
      let takesLeft =
        right >= other.times.count || (left < times.count && times[left] <= other.times[right])
      let time = takesLeft ? times[left] : other.times[right]
      let value = takesLeft ? values[left] : other.values[right]
      if takesLeft { left += 1 } else { right += 1 }
      if let last = out.times.last, last == time {
        if let before = out.values.last, before.isAbsent, !value.isAbsent {
          out.values[out.values.count - 1] = value
        }
        continue
      }
      out.times.append(time)
      out.values.append(value)
    }
    return out
  }
}
