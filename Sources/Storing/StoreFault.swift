/// Why the store did not take or give rows.
package enum StoreFault: Error, Sendable, Equatable, CustomStringConvertible {
  /// Another process has the folder.
  case locked(String)
  /// The disk is full; it may have room later.
  case full
  /// More waits to be written than memory is given to it.
  case overloaded
  /// Writing failed twice; nothing more is written until a restart.
  case readOnly(String)
  /// Appended after `close`.
  case closed
  /// Anything else, in words.
  case failed(String)

  package var description: String {
    switch self {
    case .locked(let folder): "the data folder \(folder) is in use by another process"
    case .full: "the disk is full"
    case .overloaded: "too much waits to be written"
    case .readOnly(let reason): "the store is read-only: \(reason)"
    case .closed: "the store is closed"
    case .failed(let reason): reason
    }
  }
}

/// How a store is opened.
package struct StoreSettings: Sendable {
  /// Nanoseconds rows are kept.
  package var retention: Int64
  /// A segment is closed when it would grow beyond this.
  package var segmentBytes = 64 << 20
  /// Batches kept in memory for reading.
  package var cacheBytes = 256 << 20
  /// Rows waiting to be written, in bytes.
  package var queueBytes = 256 << 20

  package init(retention: Int64) {
    self.retention = retention
  }
}

/// What an append came to.
package struct Receipt: Sendable, Equatable {
  /// The idempotency key had been stored before; nothing was stored now.
  package let wasDuplicate: Bool
  /// Rows that were stored.
  package let rows: Int

  package init(wasDuplicate: Bool, rows: Int) {
    self.wasDuplicate = wasDuplicate
    self.rows = rows
  }
}

/// The store in figures.
package struct StoreStatus: Sendable {
  package var segments = 0
  package var segmentBytes = 0
  package var frames = 0
  package var series = 0
  package var samples = 0
  package var cachedBytes = 0
  /// What could not be read since the start: regions of segments, and a state database.
  package var damagedRegions = 0
  package var overwrittenSamples = 0
  package var commits = 0
  package var syncs = 0
  package var isReadOnly = false

  /// Name, type, help and value of each, as Prometheus' text form wants them.
  package var figures: [(name: String, type: String, help: String, value: Int)] {
    [
      ("segments", "gauge", "Segment files.", segments),
      ("segment_bytes", "gauge", "Bytes of them.", segmentBytes),
      ("log_frames", "gauge", "Level-0 frames that hold records.", frames),
      ("series", "gauge", "Series known.", series),
      ("samples", "gauge", "Samples kept.", samples),
      (
        "overwritten_samples_total", "counter", "Samples replaced by a later one of their time.",
        overwrittenSamples
      ),
      ("cached_bytes", "gauge", "Batches kept in memory for reading.", cachedBytes),
      ("damaged_regions", "gauge", "Regions of segments that cannot be read.", damagedRegions),
      ("commits_total", "counter", "Batches committed.", commits),
      ("syncs_total", "counter", "Calls of fdatasync they took.", syncs),
      ("read_only", "gauge", "1 when nothing more is written.", isReadOnly ? 1 : 0),
    ]
  }
}
