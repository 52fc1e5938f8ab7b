import Dispatch
import Synchronization

/// Rows that come in at a steady pace while the heaviest questions are asked all the time.
struct Together: Benchmark {
  let name = "together"
  let about = "ingest 20,000 rows/s beside the heaviest queries: refusals, answer times, memory"
  let rows = 1_000_000
  let runs = 1

  private static let rowsPerSecond = 20_000
  private static let rowsPerBody = 500
  private static let seconds = 20.0
  /// Clients that ask one question after another.
  private static let askers = 2

  func run(on bench: Workbench) throws -> [Figure] {
    let logs = try bench.logBodies()
    let samples = try bench.sampleBodies(SampleShape(samples: 4_800_000))
    let server = try ServerProcess(bench, folder: try bench.freshFolder())
    _ = try server.load(logs, .lines(to: "/ingest/json"))
    _ = try server.load(samples, .remoteWrite(to: "/api/v1/write"))
    let port = try server.port("http")
    let questions = try LogQuestion.all(about: logs)
    let metrics = SampleQuestion.all(isInput: false)
    let span = try SampleQuestion.span(of: port)
    let paced = try Bodies(
      lines: logs.file, perBody: Self.rowsPerBody,
      atMost: Int(Double(Self.rowsPerSecond) * Self.seconds))
    let book = Book()
    DispatchQueue.concurrentPerform(iterations: 1 + Self.askers) { lane in
      book.note {
        if lane == 0 {
          defer { book.end() }
          try pace(paced, port, book)
        } else {
          try ask(port, book, metrics, span, questions, from: lane)
        }
      }
    }
    let entries = try book.entries()
    let sent = Double(paced.count * Self.rowsPerBody)
    return [
      Figure("rows per second", sent / entries.seconds, "", bar: 19_000, better: .higher),
      Figure("bodies refused", Double(entries.refused), "", bar: 0),
      Figure("99 of 100 bodies within", Self.slow(entries.times) * 1e3, "ms", bar: 100),
      Figure("half of them within", entries.times.median * 1e3, "ms"),
      Figure("queries answered", Double(entries.queries.count), ""),
      Figure("queries refused", Double(entries.failed), "", bar: 0),
      Figure("99 of 100 queries within", Self.slow(entries.queries) * 1e3, "ms"),
      Figure("peak memory", try server.peakBytes() / 1e6, "MB", bar: 600),
    ]
  }

  private static func slow(_ times: [Double]) -> Double {
    times.isEmpty ? 0 : times.sorted()[times.count * 99 / 100]
  }

  /// Posts each body at its time; what is late is counted from when it was due.
  private func pace(_ bodies: Bodies, _ port: Int, _ book: Book) throws {
    var connection = try Connection(port: port)
    let start = Stopwatch.now
    let gap = Double(Self.rowsPerBody) / Double(Self.rowsPerSecond)
    for (index, place) in bodies.places.enumerated() {
      let due = start + Double(index) * gap
      while Stopwatch.now < due { Stopwatch.pause(min(0.002, max(0, due - Stopwatch.now))) }
      let head = Connection.head(
        "POST", "/ingest/json", ["Content-Type: application/x-ndjson"], length: place.count)
      // The mapping outlives the call: `bodies` holds it.
      let body = UnsafeRawBufferPointer(rebasing: bodies.file.bytes[place])
      let status = try connection.post(head, body).status
      book.took(Stopwatch.now - due, isRefused: status / 100 != 2)
    }
    book.lasted(Stopwatch.now - start)
  }

  /// Asks all questions, over and over, until the rows are in.
  private func ask(
    _ port: Int, _ book: Book, _ metrics: [SampleQuestion], _ span: ClosedRange<Int>,
    _ questions: [LogQuestion], from lane: Int
  ) throws {
    var connection = try Connection(port: port)
    var next = lane
    while !book.isOver {
      let start = Stopwatch.now
      var isAnswered = true
      do {
        if next % 2 == 0 {
          try metrics[next / 2 % metrics.count].ask(&connection, span)
        } else {
          _ = try questions[next / 2 % questions.count].ask(&connection)
        }
      } catch {
        isAnswered = false
        connection = try Connection(port: port)
      }
      book.answered(Stopwatch.now - start, isAnswered: isAnswered)
      next += 1
    }
  }
}

/// What the lanes saw.
private final class Book: Sendable {
  /// Times are seconds: of bodies from when each was due, of queries from when they were asked.
  struct Entries {
    var times: [Double] = []
    var queries: [Double] = []
    var refused = 0
    var failed = 0
    var seconds = 0.0
    var isOver = false
    var fault: (any Error)?
  }

  private let all = Mutex(Entries())

  var isOver: Bool { all.withLock { $0.isOver } }

  func end() { all.withLock { $0.isOver = true } }

  func lasted(_ seconds: Double) { all.withLock { $0.seconds = seconds } }

  func took(_ seconds: Double, isRefused: Bool) {
    all.withLock { entries in
      entries.times.append(seconds)
      if isRefused { entries.refused += 1 }
    }
  }

  func answered(_ seconds: Double, isAnswered: Bool) {
    all.withLock { entries in
      if isAnswered { entries.queries.append(seconds) } else { entries.failed += 1 }
    }
  }

  /// Keeps what a lane throws; the others end then.
  func note(_ work: () throws -> Void) {
    do {
      try work()
    } catch {
      let text = "\(error)"
      all.withLock { entries in
        entries.fault = BenchFault(text)
        entries.isOver = true
      }
    }
  }

  /// All of it; throws what a lane threw.
  func entries() throws -> Entries {
    let entries = all.withLock { $0 }
    if let fault = entries.fault { throw fault }
    return entries
  }
}
