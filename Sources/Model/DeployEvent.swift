public import Bytes

/// A statement that a release went to somebody: design's unit of the deploy timeline.
public struct DeployEvent: Sendable, Equatable {
  /// What happened to the release.
  public enum Kind: String, Sendable, CaseIterable {
    case deploy, canary, rollback, hotfix
  }

  /// Given by the store; 0 before it is stored.
  public var id: Int64 = 0
  public var service: ByteString
  public var environment: ByteString
  /// Nil means all tenants.
  public var tenants: [ByteString]?
  /// Hosts or instances; nil means all.
  public var instances: [ByteString]?
  public var release: ByteString
  public var previous: ByteString?
  public var kind: Kind
  /// Nanoseconds since 1970 from when the release is live.
  public var start: Int64
  /// When the rollout was finished; nil while it goes on.
  public var end: Int64?
  public var actor: String
  public var link: String
  /// Whether it was read from the log stream rather than stated.
  public var isInferred: Bool

  public init(
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
