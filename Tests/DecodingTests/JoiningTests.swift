import Bytes
import Decoding
import Model
import Testing

/// When records that may go on are let go, and what the books say meanwhile.
struct JoiningTests {
  private let head = Array("2026-11-20 08:00:00,000 1 ERROR acme odoo.http: failed \n".utf8)
  private let next = Array("Traceback (most recent call last):\nKeyError: 1\n".utf8)

  private func source(after nanoseconds: Int64) -> FrameSource {
    FrameSource(key: 7, receivedAt: receivedAt + nanoseconds)
  }

  @Test func aRecordWaitsForItsNextLineAndNoLonger() throws {
    var format = OdooLog()
    var batch = Batch()
    try format.decode(head.span, from: source(after: 0), into: &batch)
    #expect(batch.isEmpty && format.pendingRows == 1)
    format.flush(now: receivedAt + Limits.joinNanoseconds - 1, everything: false, into: &batch)
    #expect(batch.isEmpty)
    try format.decode(
      next.span, from: source(after: Limits.joinNanoseconds - 1), into: &batch)
    format.flush(now: receivedAt + Limits.joinNanoseconds, everything: false, into: &batch)
    #expect(batch.isEmpty, "the second line began the wait anew")
    format.flush(now: receivedAt + 2 * Limits.joinNanoseconds, everything: false, into: &batch)
    #expect(format.pendingRows == 0)
    let record = try #require(batch.records.first)
    #expect(batch.field("exception", of: record) == "KeyError")
    #expect(record.receivedAt == receivedAt)
  }

  @Test func aLateLineIsARecordOfItsOwn() throws {
    var format = OdooLog()
    var batch = Batch()
    try format.decode(head.span, from: source(after: 0), into: &batch)
    format.flush(now: receivedAt + Limits.joinNanoseconds, everything: false, into: &batch)
    try format.decode(
      Array("KeyError: 1".utf8).span, from: source(after: 2 * Limits.joinNanoseconds), into: &batch)
    #expect(batch.records.count == 2)
  }

  @Test func anAccessLineIsNeverHeld() throws {
    var format = OdooLog()
    var batch = Batch()
    let line =
      "2026-11-20 08:00:00,000 1 INFO acme werkzeug: 10.0.0.1 - - [20/Nov/2026 08:00:00] "
      + "\"GET / HTTP/1.1\" 200 - 1 0.001 0.002\n"
    try format.decode(Array(line.utf8).span, from: source(after: 0), into: &batch)
    #expect(batch.records.count == 1 && format.pendingRows == 0)
  }

  @Test func piecesOfALineCountAsPending() throws {
    var format = OdooLog()
    var batch = Batch()
    let piece = Array("2026-11-20T08:00:00.1Z stderr P a line that \n".utf8)
    try format.decode(piece.span, from: source(after: 0), into: &batch)
    #expect(batch.isEmpty && format.pendingRows == 1)
    format.flush(now: receivedAt + Limits.joinNanoseconds, everything: false, into: &batch)
    #expect(format.pendingRows == 0)
    #expect(batch.records.map { batch.string($0.message) } == ["a line that"])
  }

  @Test func syslogLinesWaitToo() throws {
    var format = Syslog()
    var batch = Batch()
    for text in [
      "<30>Nov 20 08:00:00 depot-3 odoo[8]: 2026-11-20 08:00:00,000 8 ERROR acme odoo.http: no ",
      "<30>Nov 20 08:00:00 depot-3 odoo[8]: Traceback (most recent call last):",
      "<30>Nov 20 08:00:00 depot-3 nginx[9]: GET / 200",
      "<30>Nov 20 08:00:00 depot-3 odoo[8]: ValueError: no",
    ] {
      try format.decode(Array(text.utf8).span, from: source(after: 0), into: &batch)
    }
    #expect(batch.records.count == 1 && format.pendingRows == 1)
    format.flush(now: receivedAt, everything: true, into: &batch)
    let record = try #require(batch.records.last)
    #expect(batch.field("exception", of: record) == "ValueError")
    #expect(format.pendingRows == 0)
  }
}
