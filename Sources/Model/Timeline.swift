public import Bytes

/// The deploy timeline: which release a tenant's service ran when, as the deploy events known now
/// tell it. A late event corrects history, since nothing computed from it is stored.
public struct Timeline: Sendable {
  /// By start, then id.
  public let events: [DeployEvent]

  public static let empty = Timeline([])

  public init(_ events: [DeployEvent]) {
    self.events = events.sorted { $0.start == $1.start ? $0.id < $1.id : $0.start < $1.start }
  }

  /// What a release is asked for: an empty environment or instance stands for any.
  public struct Subject: Hashable, Sendable {
    public let tenant: ByteString
    public let service: ByteString
    public let environment: ByteString
    public let instance: ByteString

    public init(
      tenant: ByteString, service: ByteString, environment: ByteString = .empty,
      instance: ByteString = .empty
    ) {
      self.tenant = tenant
      self.service = service
      self.environment = environment
      self.instance = instance
    }
  }

  /// From `at` on (nanoseconds) the subject ran `release`; nil where no event says.
  public struct Change: Equatable, Sendable {
    public let at: Int64
    public let release: ByteString?
    public let event: DeployEvent?
  }

  /// The release the subject ran at an instant (nanoseconds), or nil where no event says.
  public func release(of subject: Subject, at instant: Int64) -> ByteString? {
    // The latest event that covers the subject holds, however specific: a fleet-wide deploy after
    // a canary replaces the canary.
    events.last { $0.start <= instant && $0.covers(subject) }?.release
  }

  /// The subject's exposure changes over `from...through` (nanoseconds): the first entry is at
  /// `from` with what ran then, the others where it changed to another release.
  public func changes(of subject: Subject, from: Int64, through: Int64) -> [Change] {
    var changes = [Change(at: from, release: nil, event: nil)]
    for event in events where event.start <= through && event.covers(subject) {
      if event.start <= from {
        changes = [Change(at: from, release: event.release, event: event)]
      } else if changes.last?.release != event.release {
        changes.append(Change(at: event.start, release: event.release, event: event))
      }
    }
    return changes
  }

  /// Whether no event can give anyone a release.
  public var isEmpty: Bool { events.isEmpty }
}

extension DeployEvent {
  /// Whether the event says something about the subject.
  public func covers(_ subject: Timeline.Subject) -> Bool {
    service == subject.service
      && (environment.isEmpty || subject.environment.isEmpty
        || environment == subject.environment)
      && (tenants?.contains(subject.tenant) ?? true)
      && (instances.map { subject.instance.isEmpty || $0.contains(subject.instance) } ?? true)
  }
}
