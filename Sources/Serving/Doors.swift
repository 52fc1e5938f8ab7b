package import Bytes
package import Judging
package import Model
package import Querying
package import Storing

/// A body to ingest, and what the request says of it.
package struct IngestRequest: Sendable {
  /// The name of the wire format.
  package let format: String
  package let body: RequestBody
  package let contentEncoding: String
  package let scope: Scope
  package let idempotencyKey: ByteString?
  /// `?tenant= ?service= ?environment= ?host= ?release=`: for rows that state none.
  package let defaults: [String: ByteString]
}

/// What became of a body.
package struct IngestOutcome: Sendable {
  /// How it ended.
  package enum Status: Sendable {
    /// Everything that was not refused is on disk.
    case stored
    /// A request with this key was stored before.
    case duplicate
    /// The body as a whole was refused.
    case refused(Fault)
    /// The server cannot take it now; the sender keeps it and comes back.
    case unavailable(String, retrySeconds: Int)
  }

  package let status: Status
  package let storedRows: Int
  package let faults: FaultTally

  package init(status: Status, storedRows: Int, faults: FaultTally) {
    self.status = status
    self.storedRows = storedRows
    self.faults = faults
  }
}

/// What the HTTP API asks of the rest of the house; Running opens these doors.
package struct Doors: Sendable {
  package var ingest: @Sendable (IngestRequest) async -> IngestOutcome
  /// HTTP paths and the formats that arrive there.
  package var ingestPaths: [(path: String, format: String)]
  package var metrics: @Sendable () -> [UInt8]
  /// The books of all listeners, as JSON.
  package var listeners: @Sendable () -> [UInt8]
  /// Reads rules, processes and settings anew; what was refused, a line each.
  package var reload: @Sendable () async -> [String]
  /// Returns once everything acknowledged is in its final form on disk.
  package var compact: @Sendable () async throws -> Void
  /// Makes a backup in a folder of the server's machine.
  package var backup: @Sendable (String) async throws -> BackupReport
  /// Deletes rows for good, and returns when they are in no file any more.
  package var delete: @Sendable (DeletionRequest) throws -> DeletionReceipt
  package var isReady: @Sendable () -> Bool
  /// What the server says of itself.
  package var status: @Sendable () -> ServerStatus
  /// What queries read from.
  package var source: any Source
  package var state: StateDatabase
  package var processes: @Sendable () -> [BusinessProcess]
  /// The answers of `/api/v1/rules`, which throws a `QueryFault`, and `/api/v1/alerts`.
  package var rules: @Sendable (RulesSelection) throws -> [UInt8]
  package var alerts: @Sendable () -> [UInt8]
  /// Nanoseconds since 1970.
  package var now: @Sendable () -> Int64

  package init(
    ingest: @escaping @Sendable (IngestRequest) async -> IngestOutcome,
    ingestPaths: [(path: String, format: String)],
    metrics: @escaping @Sendable () -> [UInt8],
    listeners: @escaping @Sendable () -> [UInt8],
    reload: @escaping @Sendable () async -> [String],
    compact: @escaping @Sendable () async throws -> Void,
    backup: @escaping @Sendable (String) async throws -> BackupReport,
    delete: @escaping @Sendable (DeletionRequest) throws -> DeletionReceipt,
    isReady: @escaping @Sendable () -> Bool,
    status: @escaping @Sendable () -> ServerStatus,
    source: any Source, state: StateDatabase,
    processes: @escaping @Sendable () -> [BusinessProcess],
    rules: @escaping @Sendable (RulesSelection) throws -> [UInt8],
    alerts: @escaping @Sendable () -> [UInt8],
    now: @escaping @Sendable () -> Int64
  ) {
    self.ingest = ingest
    self.ingestPaths = ingestPaths
    self.metrics = metrics
    self.listeners = listeners
    self.reload = reload
    self.compact = compact
    self.backup = backup
    self.delete = delete
    self.isReady = isReady
    self.status = status
    self.source = source
    self.state = state
    self.processes = processes
    self.rules = rules
    self.alerts = alerts
    self.now = now
  }
}
