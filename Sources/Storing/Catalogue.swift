import Bytes
import Synchronization

/// Rows about segments, in memory and in `catalogue.db`: a cache. What it lacks or cannot be read
/// is rebuilt from the segments. Rows about columnar blocks will stand beside them.
final class Catalogue: Sendable {
  /// What is known of a segment; times in nanoseconds, nil while it has no row that can be read.
  struct Segment: Equatable, Sendable {
    var bytes = 0
    var rows = 0
    var oldest: Int64?
    var newest: Int64?
    /// Nothing more is written to it.
    var isFinished = false
  }

  private static let schema = [
    """
    CREATE TABLE segments (number INTEGER PRIMARY KEY, level INTEGER NOT NULL,
      bytes INTEGER NOT NULL, rows INTEGER NOT NULL, oldest INTEGER, newest INTEGER)
    """
  ]
  private static let insertion =
    "INSERT OR REPLACE INTO segments (number, level, bytes, rows, oldest, newest)"
    + " VALUES (?, 0, ?, ?, ?, ?)"

  private let database: Database?
  private let segments = Mutex<[Int: Segment]>([:])

  private init(_ database: Database?) {
    self.database = database
  }

  /// Opens the catalogue; one that cannot be read is set aside and made anew.
  static func open(_ disk: any Disk, _ folder: String) -> Catalogue {
    let path = folder + "/catalogue.db"
    func open() -> Database? {
      try? Database(disk.databasePath(path), version: Int64(schema.count), migrate: schema)
    }
    if let database = open() { return Catalogue(database) }
    Database.setAside(path, to: path + ".unreadable", on: disk)
    return Catalogue(open())
  }

  /// Notes that a frame lies in a segment; `end` is the offset behind it.
  func note(_ frame: Frame, in number: Int, end: Int) {
    segments.withLock { segments in
      var segment = segments[number, default: Segment()]
      segment.bytes = max(segment.bytes, end)
      segment.rows += frame.recordCount + frame.sampleCount
      if let times = frame.times {
        segment.oldest = min(segment.oldest ?? .max, times.lowerBound)
        segment.newest = max(segment.newest ?? .min, times.upperBound)
      }
      segments[number] = segment
    }
  }

  /// Notes the size of a segment that a start found; nothing more is written to it.
  func note(segment number: Int, bytes: Int) {
    segments.withLock { segments in
      segments[number, default: Segment()].bytes = bytes
      segments[number, default: Segment()].isFinished = true
    }
  }

  /// Notes that a segment is complete. A failure costs nothing: the next start finds out again.
  func finish(segment number: Int) {
    let segment: Segment? = segments.withLock { segments in
      guard segments[number]?.isFinished == false else { return nil }
      segments[number]?.isFinished = true
      return segments[number]
    }
    guard let segment else { return }
    _ = try? database?.rows(Self.insertion, Self.values(number, segment))
  }

  /// Brings the database in line with what a start has found.
  func settle() {
    let found = segments.withLock { $0 }
    _ = try? database?.transaction { run throws(DatabaseFault) in
      _ = try run("DELETE FROM segments", [])
      for (number, segment) in found where segment.isFinished {
        _ = try run(Self.insertion, Self.values(number, segment))
      }
    }
  }

  private static func values(_ number: Int, _ segment: Segment) -> [DatabaseValue] {
    [
      .integer(Int64(number)), .integer(Int64(segment.bytes)), .integer(Int64(segment.rows)),
      segment.oldest.map { .integer($0) } ?? .null, segment.newest.map { .integer($0) } ?? .null,
    ]
  }

  /// Complete segments whose newest row is older than `instant` (nanoseconds). One without a row
  /// that can be read is not among them: what cannot be read is not deleted.
  func expired(before instant: Int64) -> [Int] {
    segments.withLock { segments in
      segments.filter { $0.value.isFinished && ($0.value.newest ?? .max) < instant }.keys.sorted()
    }
  }

  /// Forgets a segment, durably; its file may go only then.
  func remove(segment number: Int) throws(DatabaseFault) {
    try database?.rows("DELETE FROM segments WHERE number = ?", [.integer(Int64(number))])
    segments.withLock { $0[number] = nil }
  }

  /// What is known now, by segment.
  var all: [Int: Segment] { segments.withLock { $0 } }
}

extension Frame {
  /// Nanoseconds of its rows, nil without any; a time beyond what nanoseconds hold is the nearest
  /// that they do.
  var times: ClosedRange<Int64>? {
    let samples = sampleTimes.map {
      Self.nanoseconds($0.lowerBound)...Self.nanoseconds($0.upperBound)
    }
    guard let records = recordTimes else { return samples }
    guard let samples else { return records }
    return min(records.lowerBound, samples.lowerBound)...max(records.upperBound, samples.upperBound)
  }

  private static func nanoseconds(_ milliseconds: Int64) -> Int64 {
    milliseconds.multiplied(by: Instant.millisecond) ?? (milliseconds < 0 ? .min : .max)
  }
}
