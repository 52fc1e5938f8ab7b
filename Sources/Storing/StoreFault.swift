package import Bytes

/// Why the store did not take or give rows.
package enum StoreFault: Error, Sendable, Equatable, CustomStringConvertible {
  /// Another process has the folder.
  case locked(String)
  /// The disk is full; it may have room later.
  case full
  /// More waits to be written than memory is given to it.
  case overloaded
  /// Writing failed twice; it is tried again after a second.
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
  /// Tenants whose rows are kept for other times, nanoseconds.
  package var retentionByTenant: [ByteString: Int64] = [:]
  /// Bytes of blocks a tenant may have; the oldest go first. Nil: no limit.
  package var bytesPerTenant: Int?
  /// Tenants with another limit of bytes.
  package var bytesByTenant: [ByteString: Int] = [:]
  /// A segment is ended when it would grow beyond this.
  package var segmentBytes = 64 << 20
  /// Segments are compacted when they have so many bytes together; a start reads at most about
  /// this much.
  package var unsealedBytes = 40 << 20
  /// ... or so many frames with records: each costs a start and a read something.
  package var unsealedFrames = 20_000
  /// ... or so many samples: they are all in memory until then.
  package var unsealedSamples = 2_500_000
  /// Rows kept in memory, unpacked, for reading again.
  package var cacheBytes = 48 << 20
  /// Parts of blocks kept in memory, unpacked.
  package var sectionBytes = 64 << 20
  /// Rows waiting to be written, in bytes.
  package var queueBytes = 64 << 20
  /// Bytes of the disk that stay free; nil: a twentieth of it, at most 1 GiB.
  package var minimumFree: Int?

  package init(retention: Int64) {
    self.retention = retention
  }

  /// Rows older than this are nobody's any more; nanoseconds.
  package var longestRetention: Int64 {
    max(retention, retentionByTenant.values.max() ?? 0)
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
  package var blockFiles = 0
  package var blockFileBytes = 0
  package var blocks = 0
  /// Records and samples in blocks.
  package var blockRows = 0
  package var frames = 0
  package var series = 0
  /// In memory, not compacted yet.
  package var samples = 0
  package var cachedBytes = 0
  /// What could not be read since the start: regions of segments, frames, blocks, and a state
  /// database.
  package var damagedRegions = 0
  package var overwrittenSamples = 0
  package var commits = 0
  package var syncs = 0
  package var compactions = 0
  package var merges = 0
  /// Why rows are refused now; nil while they are taken.
  package var refusal: StoreFault?

  /// Name, type, help and value of each, as Prometheus' text form wants them.
  package var figures: [(name: String, type: String, help: String, value: Int)] {
    [
      ("segments", "gauge", "Level-0 segment files.", segments),
      ("segment_bytes", "gauge", "Bytes of them.", segmentBytes),
      ("block_files", "gauge", "Files of compacted blocks.", blockFiles),
      ("block_file_bytes", "gauge", "Bytes of them.", blockFileBytes),
      ("blocks", "gauge", "Blocks in them.", blocks),
      ("block_rows", "gauge", "Records and samples in blocks.", blockRows),
      ("log_frames", "gauge", "Level-0 frames that hold records.", frames),
      ("series", "gauge", "Series known.", series),
      ("samples", "gauge", "Samples not compacted yet.", samples),
      (
        "overwritten_samples_total", "counter", "Samples replaced by a later one of their time.",
        overwrittenSamples
      ),
      ("cached_bytes", "gauge", "Rows kept in memory for reading.", cachedBytes),
      ("damaged_regions", "gauge", "Regions and blocks that cannot be read.", damagedRegions),
      ("commits_total", "counter", "Batches committed.", commits),
      ("syncs_total", "counter", "Calls of fdatasync they took.", syncs),
      ("compactions_total", "counter", "Times level 0 was compacted.", compactions),
      ("merges_total", "counter", "Times small block files were merged.", merges),
      ("read_only", "gauge", "1 while rows are refused.", refusal == nil ? 0 : 1),
    ]
  }
}
