package import Bytes
package import Model
package import Querying

/// How a rule did at its last evaluation.
package struct RuleHealth: Sendable {
  /// Empty when it went well.
  package var error = ""
  /// Nanoseconds since 1970.
  package var evaluatedAt: Int64 = 0
  /// Nanoseconds it took.
  package var duration: Int64 = 0
}

/// What an evaluation of a group came to.
package struct GroupEvaluation: Sendable {
  /// Alerts whose stored form changed, and those that are gone.
  package var changed: [(key: ByteString, body: ByteString)] = []
  package var removed: [ByteString] = []
  /// Alerts receivers must be told of: they fire, still fire, or are over.
  package var due: [ActiveAlert] = []
  /// A sentence for each rule that failed.
  package var failures: [String] = []

  package init() {}
}

/// All alerts there are, and how they go on: inactive, pending, firing, as Prometheus has it. An
/// evaluation that fails changes nothing, and every state survives a restart.
package struct AlertBook: Sendable {
  /// A resolved alert is kept this long, as Prometheus keeps it.
  private static let resolvedNanoseconds: Int64 = 15 * 60 * 1_000_000_000
  /// An alert that goes on firing is told of again after this long, as Alertmanager does.
  private static let repeatNanoseconds: Int64 = 4 * 3_600 * 1_000_000_000

  /// Names a rule among all groups.
  private struct RuleKey: Hashable, Sendable {
    let group: String
    let rule: ByteString
    /// Two rules of one name in one group are told apart by their order.
    let place: Int
  }

  private var alerts: [RuleKey: [Labels: ActiveAlert]] = [:]
  /// How the rule did last; nil before its first evaluation.
  private var health: [RuleKey: RuleHealth] = [:]
  /// Stored alerts whose rule was not evaluated yet.
  private var restored: [String: [Labels: ActiveAlert]] = [:]

  /// A book with the alerts of an earlier run; rows that cannot be read are skipped.
  package init(restoring rows: [ByteString] = []) {
    for row in rows {
      guard let (group, rule, alert) = ActiveAlert.read(row) else { continue }
      restored[Self.restoredKey(group, rule), default: [:]][alert.labels] = alert
    }
  }

  private static func restoredKey(_ group: String, _ rule: ByteString) -> String {
    group + "\u{0}" + rule.text
  }

  private static func storedKey(_ name: String, _ labels: Labels) -> ByteString {
    ByteString(name + "\u{0}" + LabelsText.text(labels))
  }

  /// Evaluates the rules of a group in order at `now` (nanoseconds). `record` is given each
  /// recorded series before the next rule is evaluated.
  package mutating func evaluate(
    _ group: RuleGroup, over source: any Source, scope: Scope = .fleet, now: Int64,
    values: TemplateValues = TemplateValues(labels: .empty, value: 0),
    clock: () -> Int64 = { 0 }, record: ([VectorElement]) throws -> Void
  ) -> GroupEvaluation {
    var outcome = GroupEvaluation()
    let instant = now / 1_000_000 - group.queryOffset
    for (place, rule) in group.rules.enumerated() {
      let key = RuleKey(group: group.identity, rule: rule.name, place: place)
      adopt(rule, key)
      let start = clock()
      do {
        let vector = try rule.expression.evaluate(over: source, scope: scope, at: instant)
        if group.limit > 0, vector.count > group.limit {
          throw QueryFault(
            .execution, "exceeded limit of \(group.limit) with \(vector.count) results")
        }
        switch rule.kind {
        case .recording: try record(Self.recorded(vector, rule, instant, values))
        case .alerting:
          let found = try Self.found(vector, rule, values)
          step(rule, key, found, now, &outcome)
        }
        health[key] = RuleHealth(error: "", evaluatedAt: now, duration: clock() - start)
      } catch {
        let text = (error as? QueryFault)?.message ?? "\(error)"
        health[key] = RuleHealth(error: text, evaluatedAt: now, duration: clock() - start)
        outcome.failures.append("\(group.file): \(group.name): \(rule.name.text): \(text)")
      }
    }
    return outcome
  }

  private static func recorded(
    _ vector: [VectorElement], _ rule: Rule, _ instant: Int64, _ values: TemplateValues
  ) throws -> [VectorElement] {
    var seen: Set<Labels> = []
    return try vector.map { element in
      var labels = element.labels.setting(Labels.metricName, rule.name)
      for pair in rule.labels {
        labels.set(pair.name, pair.template.filled(Self.fill(values, element)))
      }
      guard seen.insert(labels).inserted else {
        throw QueryFault(.execution, "vector contains metrics with the same labelset")
      }
      return VectorElement(
        labels: labels, point: Point(time: instant, value: element.point.value))
    }
  }

  private static func fill(_ values: TemplateValues, _ element: VectorElement) -> TemplateValues {
    var filled = values
    filled.labels = element.labels
    filled.value = element.point.value
    return filled
  }

  /// The alerts a vector stands for: labels, annotations and value.
  private static func found(
    _ vector: [VectorElement], _ rule: Rule, _ values: TemplateValues
  ) throws -> [Labels: (annotations: Labels, value: Double)] {
    var found: [Labels: (annotations: Labels, value: Double)] = [:]
    for element in vector {
      let filled = fill(values, element)
      var labels = element.labels.setting(Labels.metricName, nil)
      for pair in rule.labels { labels.set(pair.name, pair.template.filled(filled)) }
      labels.set("alertname", rule.name)
      guard found[labels] == nil else {
        throw QueryFault(
          .execution,
          "vector contains metrics with the same labelset after applying alert labels")
      }
      let annotations = Labels(
        rule.annotations.map { Label($0.name, $0.template.filled(filled)) })
      found[labels] = (annotations, element.point.value)
    }
    return found
  }

  private mutating func step(
    _ rule: Rule, _ key: RuleKey,
    _ found: [Labels: (annotations: Labels, value: Double)], _ now: Int64,
    _ outcome: inout GroupEvaluation
  ) {
    var active = alerts[key] ?? [:]
    for (labels, news) in found {
      var alert = active[labels]
      if alert == nil || alert?.state == .inactive {
        alert = ActiveAlert(
          labels: labels, annotations: news.annotations, value: news.value, state: .pending,
          activeAt: now)
      }
      alert?.annotations = news.annotations
      alert?.value = news.value
      alert?.keepingSince = nil
      active[labels] = alert
    }
    // In order, so that what is told and stored does not depend on a dictionary's.
    for (labels, before) in active.sorted(by: { $0.key < $1.key }) {
      let after = Self.next(before, holds: found[labels] != nil, rule, now)
      settle(labels, key, before: alerts[key]?[labels], after, now, &active, &outcome)
    }
    alerts[key] = active
  }

  /// Gives a rule the restored alerts that are its own: of two rules of one name each takes those
  /// that carry its labels.
  private mutating func adopt(_ rule: Rule, _ key: RuleKey) {
    let name = Self.restoredKey(key.group, key.rule)
    guard rule.kind == .alerting, let earlier = restored.removeValue(forKey: name) else { return }
    let own = earlier.filter { Self.carries($0.key, rule) }
    alerts[key, default: [:]].merge(own) { current, _ in current }
    let others = earlier.filter { !Self.carries($0.key, rule) }
    if !others.isEmpty { restored[name] = others }
  }

  private static func carries(_ labels: Labels, _ rule: Rule) -> Bool {
    rule.labels.allSatisfy { pair in
      pair.template.text.contains("{{") || labels[pair.name]?.text == pair.template.text
    }
  }

  /// Where an alert goes from here; nil when it is forgotten.
  private static func next(
    _ alert: ActiveAlert, holds: Bool, _ rule: Rule, _ now: Int64
  ) -> ActiveAlert? {
    var alert = alert
    if holds {
      let held = now - alert.activeAt
      if alert.state == .pending, held >= rule.holdDuration * 1_000_000 {
        alert.state = .firing
        alert.firedAt = now
      }
      return alert
    }
    switch alert.state {
    case .pending: return nil
    case .inactive:
      let age = now - (alert.resolvedAt ?? now)
      return age > resolvedNanoseconds ? nil : alert
    case .firing:
      let since = alert.keepingSince ?? now
      alert.keepingSince = since
      if rule.keepFiringFor > 0, now - since < rule.keepFiringFor * 1_000_000 { return alert }
      alert.state = .inactive
      alert.resolvedAt = now
      return alert
    }
  }

  /// Notes what became of an alert, and whether anybody must be told.
  private mutating func settle(
    _ labels: Labels, _ key: RuleKey, before: ActiveAlert?, _ after: ActiveAlert?, _ now: Int64,
    _ active: inout [Labels: ActiveAlert], _ outcome: inout GroupEvaluation
  ) {
    let stored = Self.storedKey(Self.restoredKey(key.group, key.rule), labels)
    guard var after else {
      active[labels] = nil
      outcome.removed.append(stored)
      return
    }
    let told = after.notifiedAt
    switch after.state {
    case .firing where told == nil || now - (told ?? now) >= Self.repeatNanoseconds:
      after.notifiedAt = now
      outcome.due.append(after)
    case .inactive where (told ?? .max) < (after.resolvedAt ?? .min):
      after.notifiedAt = now
      outcome.due.append(after)
    default: break
    }
    active[labels] = after
    let isNews =
      before?.state != after.state || before?.notifiedAt != after.notifiedAt
      || before?.keepingSince != after.keepingSince
    if isNews {
      outcome.changed.append((stored, after.stored(group: key.group, rule: key.rule)))
    }
  }

  /// Alerts that receivers know to fire and whose rule is not among `groups`: resolved at `now`
  /// (nanoseconds), since nothing will evaluate them again. Ask before `keepOnly`.
  package func orphans(_ groups: [RuleGroup], now: Int64) -> [ActiveAlert] {
    let names = Set(
      groups.flatMap { group in
        group.rules.map { Self.restoredKey(group.identity, $0.name) }
      })
    var orphans: [ActiveAlert] = []
    for (key, active) in alerts
    where !names.contains(Self.restoredKey(key.group, key.rule)) {
      for var alert in active.values where alert.state == .firing && alert.notifiedAt != nil {
        alert.state = .inactive
        alert.resolvedAt = now
        orphans.append(alert)
      }
    }
    return orphans.sorted { $0.labels < $1.labels }
  }

  /// Forgets the alerts of rules that are no more, and returns the stored keys they had. A rule
  /// that has another place now keeps its alerts.
  package mutating func keepOnly(_ groups: [RuleGroup]) -> [ByteString] {
    var places: Set<RuleKey> = []
    var names: Set<String> = []
    for group in groups {
      for (place, rule) in group.rules.enumerated() {
        places.insert(RuleKey(group: group.identity, rule: rule.name, place: place))
        names.insert(Self.restoredKey(group.identity, rule.name))
      }
    }
    health = health.filter { places.contains($0.key) }
    var removed: [ByteString] = []
    for (key, active) in alerts where !places.contains(key) {
      alerts[key] = nil
      let name = Self.restoredKey(key.group, key.rule)
      if names.contains(name) {
        // Its next evaluation finds them again, as after a restart.
        restored[name, default: [:]].merge(active) { current, _ in current }
      } else {
        removed += active.keys.map { Self.storedKey(name, $0) }
      }
    }
    return removed
  }

  /// The alerts of a rule that are pending or firing, in order of their labels.
  package func alerts(of group: RuleGroup, place: Int) -> [ActiveAlert] {
    guard group.rules.indices.contains(place) else { return [] }
    let key = RuleKey(group: group.identity, rule: group.rules[place].name, place: place)
    let active = alerts[key] ?? [:]
    return active.values.filter { $0.state != .inactive }.sorted { $0.labels < $1.labels }
  }

  /// How a rule did at its last evaluation; nil when it was not evaluated yet.
  package func health(of group: RuleGroup, place: Int) -> RuleHealth? {
    guard group.rules.indices.contains(place) else { return nil }
    return health[
      RuleKey(group: group.identity, rule: group.rules[place].name, place: place)]
  }

  /// How many alerts fire.
  package var firingCount: Int {
    alerts.values.reduce(0) { sum, active in
      sum + active.values.count { $0.state == .firing }
    }
  }
}
