import Bytes
import Model

/// The series that say who ran which release when. They are computed from the deploy timeline as it
/// is known now, for any instant, and never stored:
///
/// * `plimsoll_exposure` is 1 while a tenant's service is exposed to a release,
/// * `plimsoll_deploy_timestamp_seconds` is when that exposure began, in seconds since 1970,
/// * `plimsoll_release_age_seconds` is how many seconds ago that was.
///
/// Their labels are `tenant` (for who sees the fleet), `service`, `environment` (where deploys name
/// one) and `release`. At an instant they have the value of just then, whatever the look-back; a
/// range of them has a sample every 15 s.
struct ReleaseSeries {
  /// When a reader needs samples; milliseconds.
  enum Instants {
    /// At exactly these, ascending.
    case each([Int64])
    /// Every `interval`.
    case regular
    /// Once for each exposure, to say that it is there.
    case once
  }

  static let names: [ByteString] = [
    "plimsoll_deploy_timestamp_seconds", "plimsoll_exposure", "plimsoll_release_age_seconds",
  ]
  /// The distance of the samples of a range, milliseconds: that of a usual scrape.
  private static let interval: Int64 = 15_000

  /// Whether any of the series can be meant.
  static func mayMatch(_ matchers: [Matcher], metric: ByteString?) -> Bool {
    !names(matchers, metric: metric).isEmpty
  }

  private static func names(_ matchers: [Matcher], metric: ByteString?) -> [ByteString] {
    names.filter { name in
      (metric ?? name) == name
        && matchers.allSatisfy { $0.name != Labels.metricName || $0.accepts(name) }
    }
  }

  let timeline: Timeline
  /// The tenants that are seen: a deploy to all went to them.
  let tenants: [ByteString]

  /// The series of which `present` makes labels that all matchers accept, with samples of
  /// `from...through` (milliseconds). Where no release was run an instant has a stale marker.
  /// Throws what the budget throws.
  func series(
    matching matchers: [Matcher], metric: ByteString?, from: Int64, through: Int64,
    _ instants: Instants, budget: Budget, present: (Labels, ByteString) -> Labels
  ) throws(QueryFault) -> [SeriesReading.Series] {
    let names = Self.names(matchers, metric: metric)
    guard !names.isEmpty else { return [] }
    try chargeTimeline(budget)
    var found: [Labels: [Timeline.Exposure]] = [:]
    for exposure in timeline.exposures(of: tenants) {
      try budget.charge(1)
      guard SeriesReading.ceiling(exposure.start) <= through,
        exposure.end.map({ SeriesReading.ceiling($0) > from }) ?? true
      else { continue }
      for name in names {
        let labels = present(
          Labels([
            Label(Labels.metricName, name), Label("service", exposure.service),
            Label("environment", exposure.environment), Label("release", exposure.release),
          ]), exposure.tenant)
        guard matchers.allSatisfy({ $0.accepts(labels[$0.name]) }) else { continue }
        found[labels, default: []].append(exposure)
      }
    }
    var series: [SeriesReading.Series] = []
    for (labels, exposures) in found {
      var one = SeriesReading.Series(labels: labels, times: [], values: [])
      try fill(&one, exposures, from, through, instants, budget)
      if !one.times.isEmpty { series.append(one) }
    }
    return series
  }

  /// What it takes to go through the deploys.
  private func chargeTimeline(_ budget: Budget) throws(QueryFault) {
    for event in timeline.events {
      let (cost, isOver) = (event.tenants?.count ?? tenants.count)
        .multipliedReportingOverflow(by: 1 + (event.instances?.count ?? 0))
      try budget.charge(isOver ? Int.max / 2 : 1 + cost)
    }
  }

  private func fill(
    _ series: inout SeriesReading.Series, _ exposures: [Timeline.Exposure], _ from: Int64,
    _ through: Int64, _ instants: Instants, _ budget: Budget
  ) throws(QueryFault) {
    let name = series.labels[Labels.metricName]
    if case .each(let all) = instants {
      try budget.charge(all.count)
      var next = 0
      for time in all where series.times.last != time {
        while next < exposures.count,
          let end = exposures[next].end, SeriesReading.ceiling(end) <= time
        { next += 1 }
        let isOn = next < exposures.count && SeriesReading.ceiling(exposures[next].start) <= time
        // A marker before the first sample would say nothing.
        guard isOn || !series.times.isEmpty else { continue }
        series.times.append(time)
        series.values.append(isOn ? Self.value(name, exposures[next], at: time) : .absent)
      }
      return
    }
    for exposure in exposures {
      let first = max(from, SeriesReading.ceiling(exposure.start))
      let last = min(through, exposure.end.map { SeriesReading.ceiling($0) - 1 } ?? through)
      guard first <= last else { continue }
      guard case .regular = instants else {
        series.times.append(first)
        series.values.append(Self.value(name, exposure, at: first))
        continue
      }
      guard var time = Self.regular(notBefore: first), time <= last else { continue }
      let (length, isOver) = last.subtractingReportingOverflow(time)
      try budget.charge(isOver ? Int.max / 2 : Int(length / Self.interval) + 1)
      while time <= last {
        series.times.append(time)
        series.values.append(Self.value(name, exposure, at: time))
        guard let following = time.adding(Self.interval) else { break }
        time = following
      }
    }
  }

  private static func value(
    _ name: ByteString?, _ exposure: Timeline.Exposure, at time: Int64
  ) -> Double {
    switch name {
    case "plimsoll_exposure": 1
    case "plimsoll_deploy_timestamp_seconds": seconds(exposure.start)
    default:
      // Exact as long as whole nanoseconds are; beyond, nobody counts them.
      age(time, since: exposure.start) ?? (Double(time) / 1_000 - seconds(exposure.start))
    }
  }

  private static func age(_ time: Int64, since start: Int64) -> Double? {
    guard let now = time.multiplied(by: Instant.millisecond) else { return nil }
    let (age, isOver) = now.subtractingReportingOverflow(start)
    return isOver ? nil : seconds(age)
  }

  private static func seconds(_ nanoseconds: Int64) -> Double {
    Double(nanoseconds) / Double(Instant.second)
  }

  /// The first multiple of the interval not before a time; nil beyond all times.
  private static func regular(notBefore time: Int64) -> Int64? {
    let rest = time % interval
    if rest == 0 { return time }
    return time.adding(rest > 0 ? interval - rest : -rest)
  }
}
