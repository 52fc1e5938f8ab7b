import Bytes
import Decoding
import Model
import Testing

/// What is aggregated over several flushes.
struct StatsdTests {
  private func send(
    _ lines: String, to format: inout Statsd, at seconds: Int64
  ) throws -> Batch {
    var batch = Batch()
    let source = FrameSource(key: 1, receivedAt: receivedAt + seconds * Instant.second)
    try format.decode(Array(lines.utf8).span, from: source, into: &batch)
    return batch
  }

  private func flush(_ format: inout Statsd, at seconds: Int64) -> Batch {
    var batch = Batch()
    format.flush(now: receivedAt + seconds * Instant.second, everything: false, into: &batch)
    return batch
  }

  private func values(_ name: ByteString, in batch: Batch) -> [Double] {
    batch.samples.filter { batch.labels(ofSeries: Int($0.series))[Labels.metricName] == name }
      .map(\.value)
  }

  @Test func nothingIsEmittedBeforeTheBoundary() throws {
    var format = Statsd()
    #expect(try send("a:1|c", to: &format, at: 3).isEmpty)
    #expect(flush(&format, at: 9).isEmpty)
    #expect(format.pendingRows == 1)
    let batch = flush(&format, at: 12)
    #expect(batch.foldedRows == 1 && format.pendingRows == 0)
    #expect(batch.samples.map(\.time).allSatisfy { $0 <= (receivedAt / 1_000_000) + 10_000 })
    #expect(values("a_total", in: batch) == [0, 1], "a new counter begins at zero")
  }

  @Test func countersGrowGaugesStaySetsBeginAnew() throws {
    var format = Statsd()
    _ = try send("c:1|c\ng:5|g\ns:x|s\ns:y|s\nt:100|ms", to: &format, at: 1)
    _ = flush(&format, at: 10)
    _ = try send("c:2|c\ng:+1|g\ns:x|s\nt:300|ms", to: &format, at: 11)
    let batch = flush(&format, at: 20)
    #expect(values("c_total", in: batch) == [3])
    #expect(values("g", in: batch) == [6])
    #expect(values("s", in: batch) == [1])
    #expect(values("t_seconds_count", in: batch) == [2])
    #expect(values("t_seconds_sum", in: batch) == [0.4])
    #expect(batch.foldedRows == 4)
    let quiet = flush(&format, at: 30)
    #expect(values("c_total", in: quiet) == [3], "a quiet counter stays visible")
    #expect(quiet.foldedRows == 0)
  }

  @Test func aSeriesWithoutLinesIsForgotten() throws {
    var format = Statsd()
    _ = try send("c:7|c", to: &format, at: 1)
    #expect(!flush(&format, at: 10).isEmpty)
    #expect(!flush(&format, at: 310).isEmpty)
    #expect(flush(&format, at: 320).isEmpty)
    _ = try send("c:1|c", to: &format, at: 331)
    #expect(values("c_total", in: flush(&format, at: 340)) == [0, 1])
  }

  @Test func stoppingEmitsWhatWaits() throws {
    var format = Statsd()
    _ = try send("c:1|c|@0.25", to: &format, at: 1)
    var batch = Batch()
    format.flush(now: receivedAt + 2 * Instant.second, everything: true, into: &batch)
    #expect(values("c_total", in: batch) == [0, 4])
    #expect(batch.foldedRows == 1)
  }

  @Test func bucketsAreCumulative() throws {
    var format = Statsd()
    _ = try send("t:4:5:6:700:70000|ms", to: &format, at: 1)
    let batch = flush(&format, at: 10)
    var counts: [String: Double] = [:]
    for sample in batch.samples {
      let labels = batch.labels(ofSeries: Int(sample.series))
      if let bound = labels["le"] { counts[bound.text] = sample.value }
    }
    #expect(counts["0.005"] == 2 && counts["0.01"] == 3 && counts["1"] == 4)
    #expect(counts["60"] == 4 && counts["+Inf"] == 5)
  }

  @Test func odooNamesOfAnotherShapeAreOrdinary() throws {
    var format = Statsd()
    _ = try send("odoo.http.request.acme:1|c\nodoo.http.button.a.b:1|c", to: &format, at: 1)
    let batch = flush(&format, at: 10)
    #expect(values("odoo_http_request_acme_total", in: batch).last == 1)
    #expect(values("odoo_http_button_a_b_total", in: batch).last == 1)
  }
}
