import Bytes
import Model
import Querying
import Support

/// Scripts against series in memory.
struct PromQLMemoryTarget: PromQLScriptTarget {
  private var source = PromQLMemorySource()
  private var events: [DeployEvent] = []

  mutating func clear() {
    source = PromQLMemorySource()
    events = []
  }

  mutating func load(_ series: [StoredSeries]) {
    for one in series {
      source.add(one.labels, tenant: one.tenant, Array(zip(one.times, one.values)))
    }
  }

  mutating func deploy(_ event: JSONValue) {
    events.append(DeployEvent(script: event))
    source.timeline = Timeline(events)
  }

  func answer(
    _ query: ByteString, scope: Scope, times: EvaluationTimes, isInstant: Bool
  ) throws -> PromQL.Answer {
    try PromQL.answer(
      try PromQL.parse(query), from: source, scope: scope, times: times, isInstant: isInstant)
  }
}
