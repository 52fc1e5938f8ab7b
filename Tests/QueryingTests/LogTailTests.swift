import Bytes
import Model
import Querying
import Testing

/// A tail tells each line once, in order, however late it comes.
@Suite struct LogTailTests {
  private static func records(_ rows: [(Int64, String)]) -> LogRecords {
    var batch = Batch()
    for (seconds, text) in rows {
      var record = Record(time: seconds * Instant.second, receivedAt: 0)
      record.service = batch.intern("s" as ByteString)
      record.message = batch.intern(ByteString(text))
      batch.append(record: record)
    }
    return LogRecords(batches: [batch])
  }

  private static func tail(start: Int64 = 0, limit: Int = 100, delay: Int64 = 0) throws -> LogTail {
    try LogTail(
      try LogQL.parse(#"{service="s"}"#), scope: .fleet, start: start * Instant.second,
      limit: limit, delay: delay * Instant.second)
  }

  private static func lines(_ turn: LogTail.Turn) -> [String] {
    turn.streams.flatMap { $0.lines.map(\.text.text) }
  }

  @Test func eachLineIsToldOnceAlsoWhenItComesLate() throws {
    var tail = try Self.tail()
    var rows: [(Int64, String)] = [(990, "old"), (1_000, "a"), (1_001, "b")]
    #expect(
      Self.lines(try tail.turn(from: Self.records(rows), now: 1_002 * Instant.second))
        == ["old", "a", "b"])
    #expect(try tail.turn(from: Self.records(rows), now: 1_003 * Instant.second).isEmpty)
    rows += [(1_001, "b"), (999, "late"), (1_003, "c"), (1_100, "ahead")]
    #expect(
      Self.lines(try tail.turn(from: Self.records(rows), now: 1_004 * Instant.second))
        == ["late", "b", "c", "ahead"])
    #expect(try tail.turn(from: Self.records(rows), now: 1_005 * Instant.second).isEmpty)
    #expect(try tail.turn(from: Self.records(rows), now: 1_101 * Instant.second).isEmpty)
  }

  @Test func theFirstTurnGivesTheNewestLines() throws {
    var tail = try Self.tail(limit: 2)
    let source = Self.records([(1_000, "a"), (1_001, "b"), (1_002, "c")])
    #expect(
      Self.lines(try tail.turn(from: source, now: 1_003 * Instant.second)) == ["b", "c"])
    #expect(try tail.turn(from: source, now: 1_004 * Instant.second).isEmpty)
  }

  @Test func aDelayKeepsBackYoungLines() throws {
    var tail = try Self.tail(delay: 3)
    let source = Self.records([(1_000, "a"), (1_002, "b")])
    #expect(Self.lines(try tail.turn(from: source, now: 1_003 * Instant.second)) == [])
    #expect(Self.lines(try tail.turn(from: source, now: 1_004 * Instant.second)) == ["a"])
    #expect(Self.lines(try tail.turn(from: source, now: 1_006 * Instant.second)) == ["b"])
  }

  @Test func aSlowReaderIsToldWhatItMissed() throws {
    var tail = try Self.tail()
    _ = try tail.turn(from: Self.records([(1_000, "a")]), now: 1_000 * Instant.second)
    let source = Self.records([(1_000, "a"), (1_001, "missed"), (1_095, "b")])
    let turn = try tail.turn(from: source, now: 1_100 * Instant.second)
    #expect(Self.lines(turn) == ["b"])
    #expect(turn.dropped.map(\.time) == [1_001 * Instant.second])
    #expect(
      String(decoding: LokiAnswer.tail(turn), as: UTF8.self)
        == #"{"streams":[{"stream":{"service":"s"},"values":[["1095000000000","b"]]}],"#
        + #""dropped_entries":[{"labels":{"service":"s"},"timestamp":"1001000000000"}]}"#)
    #expect(try tail.turn(from: source, now: 1_101 * Instant.second).isEmpty)
  }

  @Test func moreThanATurnHoldsComesPageByPage() throws {
    var tail = try Self.tail()
    _ = try tail.turn(from: Self.records([]), now: 1_000 * Instant.second)
    let count = Limits.rowsPerQuery + 10
    let source = Self.records((0..<count).map { (1_000 + Int64($0 / 1_000), "\($0)") })
    var told: [String] = []
    var turns = 0
    while turns < 5 {
      let turn = try tail.turn(from: source, now: 1_006 * Instant.second)
      told += Self.lines(turn)
      turns += 1
      if !turn.isBehind { break }
    }
    #expect(told.count == count)
    #expect(Set(told).count == count)
    #expect(turns == 2)
  }

  @Test func numbersCannotBeTailed() throws {
    let query = try LogQL.parse(#"rate({service="s"}[1m])"#)
    #expect(throws: QueryFault.self) {
      try LogTail(query, scope: .fleet, start: 0, limit: 1, delay: 0)
    }
  }
}
