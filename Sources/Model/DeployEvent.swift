package import Bytes

/// A statement that a release went to somebody: design's unit of the deploy timeline.
package struct DeployEvent: Sendable, Equatable {
  /// What happened to the release.
  package enum Kind: String, Sendable, CaseIterable {
    case deploy, canary, rollback, hotfix
  }

  /// Given by the store; 0 before it is stored.
  package var id: Int64 = 0
  package var service: ByteString
  package var environment: ByteString
  /// Nil means all tenants.
  package var tenants: [ByteString]?
  /// Hosts or instances; nil means all.
  package var instances: [ByteString]?
  package var release: ByteString
  package var previous: ByteString?
  package var kind: Kind
  /// Nanoseconds since 1970 from when the release is live.
  package var start: Int64
  /// When the rollout was finished; nil while it goes on.
  package var end: Int64?
  package var actor: String
  package var link: String
  /// Whether it was read from the log stream rather than stated.
  package var isInferred: Bool

  package init(
    service: ByteString, environment: ByteString, tenants: [ByteString]?,
    instances: [ByteString]?, release: ByteString, previous: ByteString?, kind: Kind,
    start: Int64, end: Int64?, actor: String = "", link: String = "", isInferred: Bool = false
  ) {
    self.service = service
    self.environment = environment
    self.tenants = tenants
    self.instances = instances
    self.release = release
    self.previous = previous
    self.kind = kind
    self.start = start
    self.end = end
    self.actor = actor
    self.link = link
    self.isInferred = isInferred
  }
}
