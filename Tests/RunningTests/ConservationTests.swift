import Foundation
import Support
import Testing

/// Every row that came in is stored, refused by name, dropped by count, or a repeat.
@Suite struct ConservationTests {
  /// A minute of mixed load; `PLIMSOLL_LOAD_SECONDS` makes it shorter or longer.
  private static let seconds =
    ProcessInfo.processInfo.environment["PLIMSOLL_LOAD_SECONDS"].flatMap(Double.init) ?? 60

  @Test func theBooksBalanceAfterAMixedLoad() async throws {
    let server = try ServerProcess()
    defer { server.remove() }
    let end = Date().addingTimeInterval(Self.seconds)
    async let http = Self.post(server, until: end)
    async let lines = Self.send(server, "odoo", until: end, Self.odooDatagram)
    async let syslog = Self.send(server, "syslog", until: end, Self.syslogDatagram)
    async let statsd = Self.send(server, "statsd", until: end, Self.statsdDatagram)
    let sent = try await (http: http, lines: lines, syslog: syslog, statsd: statsd)
    // SIGTERM reads what is queued and flushes what waits; the books are read before that, once
    // nothing moves any more and only held records are pending.
    let books = try await Self.settled(server)
    for (name, book) in books {
      #expect(
        book.received
          == book.stored + book.rejected + book.dropped + book.deduplicated + book.pending,
        "\(name): \(book)")
    }
    #expect(books["json"]?.received == sent.http.rows)
    #expect(books["json"]?.rejected == sent.http.bad)
    for (name, count) in [
      ("odoo", sent.lines), ("syslog", sent.syslog), ("statsd", sent.statsd),
    ] {
      let book = try #require(books[name])
      #expect(book.frames + book.kernelDrops == count, "\(name): \(book), sent \(count)")
    }
    #expect(server.stop() == 0)
  }

  struct Book {
    var frames = 0
    var received = 0
    var stored = 0
    var rejected = 0
    var dropped = 0
    var deduplicated = 0
    var pending = 0
    var kernelDrops = 0
  }

  /// The books once two readings agree and no commit is on its way.
  private static func settled(_ server: ServerProcess) async throws -> [String: Book] {
    var last = ""
    let text = try await server.wait("/metrics", seconds: 60) { text in
      let books = text.split(separator: "\n").filter { $0.hasPrefix("plimsoll_ingest_") }
        .joined()
      defer { last = books }
      return books == last && Self.books(in: text)["odoo"]?.pending == 0
    }
    return books(in: text)
  }

  private static func books(in text: String) -> [String: Book] {
    var books: [String: Book] = [:]
    let names: [(String, WritableKeyPath<Book, Int>)] = [
      ("plimsoll_ingest_frames_received_total", \.frames),
      ("plimsoll_ingest_rows_received_total", \.received),
      ("plimsoll_ingest_rows_stored_total", \.stored),
      ("plimsoll_ingest_rows_rejected_total", \.rejected),
      ("plimsoll_ingest_rows_dropped_total", \.dropped),
      ("plimsoll_ingest_rows_deduplicated_total", \.deduplicated),
      ("plimsoll_ingest_rows_pending", \.pending),
      ("plimsoll_udp_kernel_drops_total", \.kernelDrops),
    ]
    for line in text.split(separator: "\n") {
      guard let (_, field) = names.first(where: { line.hasPrefix($0.0 + "{") }),
        let value = line.split(separator: " ").last.flatMap({ Int($0) }),
        let start = line.range(of: "format=\"")?.upperBound,
        let end = line[start...].firstIndex(of: "\"")
      else { continue }
      // The HTTP listener of a UDP format has books of its own; they are checked under its name.
      let isHTTP = line.contains("listener=\"http\"")
      let name = String(line[start..<end])
      let key = isHTTP && ["odoo", "syslog", "statsd"].contains(name) ? "http-" + name : name
      books[key, default: Book()][keyPath: field] += value
    }
    return books
  }

  private static func post(
    _ server: ServerProcess, until end: Date
  ) async throws -> (rows: Int, bad: Int) {
    var rows = 0
    var bad = 0
    var number = 0
    while Date() < end {
      var lines: [String] = []
      for index in 0..<50 {
        if (number + index) % 25 == 24 {
          lines.append("not json \(index)")
          bad += 1
        } else {
          lines.append(#"{"message":"row \#(index)","service":"load","tenant":"t\#(index % 5)"}"#)
        }
      }
      rows += 50
      number += 1
      let answer = try await server.call(
        "POST", "/ingest/json", body: Data(lines.joined(separator: "\n").utf8))
      #expect(answer.status == 200)
    }
    return (rows, bad)
  }

  private static func send(
    _ server: ServerProcess, _ listener: String, until end: Date, _ make: (Int) -> String
  ) async throws -> Int {
    var count = 0
    while Date() < end {
      for _ in 0..<20 {
        try server.send(make(count), to: listener)
        count += 1
      }
      // Paces the load: about 2,000 datagrams a second and listener.
      try await Task.sleep(for: .milliseconds(10))
    }
    return count
  }

  private static func odooDatagram(_ number: Int) -> String {
    let stamp = "2026-03-01 10:00:00,000"
    return number % 3 == 0
      ? #"{"message":"json on udp \#(number)","service":"odoo"}"#
      : "\(stamp) 77 INFO acme_prod odoo.modules.loading: Modules loaded. \n"
  }

  private static func syslogDatagram(_ number: Int) -> String {
    "<14>1 2026-11-20T10:00:00Z host-\(number % 3) odoo 77 - - line \(number)"
  }

  private static func statsdDatagram(_ number: Int) -> String {
    number % 10 == 9 ? "broken" : "odoo.http.request.acme.prod:\(number % 90).5|ms"
  }
}
