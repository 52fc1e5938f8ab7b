import Bytes
package import Model

/// Follows a log query: each turn gives the lines that came since the one before, oldest first. A
/// line that comes up to ten seconds behind its time is still told, and none is told twice.
package struct LogTail: Sendable {
  /// What one turn found.
  package struct Turn: Sendable {
    package var streams: [LogStream] = []
    /// Lines that were skipped, since the reader is too slow for them; at most 1,000 are named.
    package var dropped: [(labels: Labels, time: Int64)] = []
    /// There is more already.
    package var isBehind = false

    package var isEmpty: Bool { streams.isEmpty && dropped.isEmpty }
  }

  /// A line, by all that is told of it.
  private struct Key: Hashable {
    let time: Int64
    let labels: Labels
    let text: ByteString
  }

  /// How far behind its time a line may come.
  private static let lateness: Int64 = 10 * Instant.second
  /// How far behind a reader may be before lines are skipped.
  private static let patience: Int64 = 30 * Instant.second
  private static let named = 1_000

  private let expression: LogExpression
  private let scope: Scope
  private let limit: Int
  private let delay: Int64
  /// Lines in front of it have been told, or skipped.
  private var low: Int64
  private var isFirst = true
  /// How often each line from `low` on has been told.
  private var told: [Key: Int] = [:]

  /// The first turn gives the newest `limit` lines since `start`; `delay` keeps back lines that are
  /// younger. Nanoseconds. Throws when the query gives numbers.
  package init(
    _ expression: LogExpression, scope: Scope, start: Int64, limit: Int, delay: Int64
  ) throws(QueryFault) {
    guard !LogQL.isMetric(expression) else {
      throw QueryFault(.badData, "tailing is for log queries, not for metric queries")
    }
    self.expression = expression
    self.scope = scope
    self.limit = limit
    self.delay = delay
    low = start
  }

  /// What came until `now`, nanoseconds. Throws past the budget and what the source throws.
  package mutating func turn(
    from source: any Source, now: Int64, budget: Budget = Budget()
  ) throws -> Turn {
    // Senders' clocks may be ahead as far as their rows are taken.
    let high = now.adding(delay > 0 ? -delay : Limits.futureNanoseconds) ?? .max
    let recent = high.adding(-Self.lateness - (delay > 0 ? 0 : Limits.futureNanoseconds)) ?? .min
    let page = Page(self, source, high, budget)
    if isFirst {
      isFirst = false
      let newest = try page.read(from: low, limit: limit, .backward)
      low = max(low, recent)
      remember(try page.read(from: low, limit: Limits.rowsPerQuery, .forward), isWhole: true)
      return Turn(streams: Self.streams(newest.reversed()))
    }
    var turn = Turn()
    if let bound = recent.adding(-Self.patience), low < bound {
      turn.dropped = try page.read(from: low, to: recent, limit: Self.named, .forward)
        .filter { told[$0] == nil }.map { ($0.labels, $0.time) }
      low = recent
      told = told.filter { $0.key.time >= recent }
    }
    let lines = try page.read(from: low, limit: Limits.rowsPerQuery, .forward)
    turn.isBehind = lines.count == Limits.rowsPerQuery
    turn.streams = Self.streams(fresh(lines))
    if turn.isBehind, let last = lines.last {
      low = last.time > low ? last.time : low.adding(1) ?? low
    } else {
      low = max(low, recent)
    }
    remember(lines, isWhole: !turn.isBehind)
    return turn
  }

  /// Lines beyond those told already, as often as they are more.
  private func fresh(_ lines: [Key]) -> [Key] {
    var left = told
    return lines.filter { line in
      guard let count = left[line], count > 0 else { return true }
      left[line] = count - 1
      return false
    }
  }

  private mutating func remember(_ lines: [Key], isWhole: Bool) {
    var counts: [Key: Int] = [:]
    for line in lines where line.time >= low { counts[line, default: 0] += 1 }
    if !isWhole {
      counts.merge(told.filter { $0.key.time >= low }) { max($0, $1) }
    }
    told = counts
  }

  private static func streams(_ lines: some Sequence<Key>) -> [LogStream] {
    var places: [Labels: Int] = [:]
    var streams: [LogStream] = []
    for key in lines {
      let line = LogStream.Line(time: key.time, text: key.text, fields: [])
      if let place = places[key.labels] {
        streams[place].lines.append(line)
      } else {
        places[key.labels] = streams.count
        streams.append(LogStream(labels: key.labels, lines: [line]))
      }
    }
    return streams
  }

  /// Reads lines of one turn.
  private struct Page {
    let expression: LogExpression
    let scope: Scope
    let source: any Source
    let high: Int64
    let budget: Budget

    init(_ tail: LogTail, _ source: any Source, _ high: Int64, _ budget: Budget) {
      expression = tail.expression
      scope = tail.scope
      self.source = source
      self.high = high
      self.budget = budget
    }

    /// In order of time.
    func read(
      from low: Int64, to end: Int64? = nil, limit: Int, _ direction: LogQL.Direction
    ) throws -> [Key] {
      let value = try LogQL.lines(
        expression, from: source, scope: scope, start: low, end: end ?? high, limit: limit,
        direction: direction, budget: budget)
      guard case .streams(let streams) = value else { return [] }
      let keys = streams.flatMap { stream in
        stream.lines.map { Key(time: $0.time, labels: stream.labels, text: $0.text) }
      }
      return keys.sorted { direction == .forward ? $0.time < $1.time : $0.time > $1.time }
    }
  }
}
