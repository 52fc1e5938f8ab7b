import Bytes
import Synchronization

/// Rows about segments, in `catalogue.db`: a cache. What it lacks or cannot be read is rebuilt from
/// the segments. Rows about columnar blocks will stand beside them.
final class Catalogue: Sendable {
  private struct Segment {
    /// Nanoseconds of the newest row; nil while it has none.
    var newest: Int64?
    var isClosed = false
  }

  private static let schema = [
    "CREATE TABLE segments (number INTEGER PRIMARY KEY, bytes INTEGER NOT NULL, newest INTEGER)"
  ]

  private let database: Database?
  private let segments = Mutex<[Int: Segment]>([:])

  private init(_ database: Database?) {
    self.database = database
  }

  /// Opens the catalogue; one that cannot be read is set aside and made anew.
  static func open(_ disk: any Disk, _ folder: String) -> Catalogue {
    let path = folder + "/catalogue.db"
    func open() -> Database? {
      let version = Int64(schema.count)
      return try? Database(disk.databasePath(path), version: version, migrate: schema)
    }
    if let database = open() { return Catalogue(database) }
    try? disk.rename(path, to: path + ".unreadable")
    return Catalogue(open())
  }

  func note(_ frame: Frame, in number: Int) {
    let newest = max(
      frame.recordTimes?.upperBound ?? .min,
      frame.sampleTimes.flatMap { $0.upperBound.multiplied(by: 1_000_000) } ?? .min)
    segments.withLock { segments in
      segments[number, default: Segment()].newest = max(
        segments[number]?.newest ?? .min, newest)
    }
  }

  /// Notes that a segment is complete. A failure costs nothing: the next start finds out again.
  func close(segment number: Int, size: Int) {
    let newest = segments.withLock { segments in
      segments[number, default: Segment()].isClosed = true
      return segments[number]?.newest
    }
    _ = try? database?.rows(
      "INSERT OR REPLACE INTO segments (number, bytes, newest) VALUES (?, ?, ?)",
      [
        .integer(Int64(number)), .integer(Int64(size)), newest.map { .integer($0) } ?? .null,
      ])
  }

  /// Complete segments whose newest row is older than `instant` (nanoseconds).
  func closedSegments(olderThan instant: Int64) -> [Int] {
    segments.withLock { segments in
      segments.filter { $0.value.isClosed && ($0.value.newest ?? .min) < instant }.keys.sorted()
    }
  }

  func remove(segment number: Int) {
    segments.withLock { $0[number] = nil }
    _ = try? database?.rows("DELETE FROM segments WHERE number = ?", [.integer(Int64(number))])
  }
}
