import Bytes
import Model

/// What a line of `ir_cron` says of a job, in the wordings of Odoo 11 to 20.
struct CronMessage {
  private let job: Range<Int>
  private let state: StaticString?
  /// Seconds.
  private let duration: Range<Int>

  init?(_ message: Span<UInt8>) {
    let end = message.firstIndex(of: 10) ?? message.count
    let line = message.extracting(0..<end)
    var cursor = Cursor(line)
    if cursor.skip("Job ") || cursor.skip("Cron job ") {
      guard let job = Self.quoted(&cursor) else {
        guard let oldJob = Self.afterColon(line) else { return nil }
        self = oldJob
        return
      }
      self.job = job
      state = Self.state(after: &cursor)
      duration =
        Self.number(in: line, behind: "duration ") ?? Self.number(in: line, behind: " in ")
        ?? end..<end
      return
    }
    guard let named = Self.starting(line) ?? Self.failedCall(line) ?? Self.timing(line) else {
      return nil
    }
    self = named
  }

  private init(_ job: Range<Int>, _ state: StaticString?, _ duration: Range<Int> = 0..<0) {
    self.job = job
    self.state = state
    self.duration = duration
  }

  func addFields(of message: Span<UInt8>, into batch: inout Batch) {
    batch.addFieldOnce("job", message.extracting(job), .text)
    if let state, !batch.hasPendingField("job_state") {
      batch.addField("job_state", batch.intern(text: state), .text)
    }
    let seconds = message.extracting(duration)
    if Numbers.decimal(seconds) != nil { batch.addFieldOnce("job_duration", seconds, .decimal) }
  }

  /// The same for a message that lies in the batch's arena: the values are parts of it.
  func addFields(of message: Slice, into batch: inout Batch) {
    func part(_ range: Range<Int>) -> Slice {
      Slice(
        offset: message.offset + UInt32(truncatingIfNeeded: range.lowerBound),
        count: UInt32(truncatingIfNeeded: range.count))
    }
    if !batch.hasPendingField("job") { batch.addField("job", part(job), .text) }
    if let state, !batch.hasPendingField("job_state") {
      batch.addField("job_state", batch.intern(text: state), .text)
    }
    let seconds = part(duration)
    if Numbers.decimal(batch.bytes(seconds)) != nil, !batch.hasPendingField("job_duration") {
      batch.addField("job_duration", seconds, .decimal)
    }
  }

  /// ``Starting job `N`.`` and ``Manually starting job `N`.``, up to 17.
  private static func starting(_ line: Span<UInt8>) -> CronMessage? {
    var cursor = Cursor(line)
    guard cursor.skip("Starting job ") || cursor.skip("Manually starting job "),
      let job = quoted(&cursor)
    else { return nil }
    return CronMessage(job, "starting")
  }

  /// ``Job done: `N` (0.123s).`` of 17.
  private static func afterColon(_ line: Span<UInt8>) -> CronMessage? {
    var cursor = Cursor(line)
    guard cursor.skip("Job done: "), let job = quoted(&cursor) else { return nil }
    return CronMessage(job, "done", number(in: line, behind: " (") ?? 0..<0)
  }

  /// `Call from cron N for server action #12 failed in Job #35`, up to 17.
  private static func failedCall(_ line: Span<UInt8>) -> CronMessage? {
    let head: StaticString = "Call from cron "
    guard line.matches(head, at: 0), let end = line.firstIndex(of: " for server action #") else {
      return nil
    }
    return CronMessage(Swift.min(head.utf8CodeUnitCount, end)..<end, "failed")
  }

  /// `1.2s (cron N, server action 12 with uid 1)`, at debug level.
  private static func timing(_ line: Span<UInt8>) -> CronMessage? {
    var cursor = Cursor(line)
    let seconds = cursor.take { $0.isDigit || $0 == 46 }
    guard !seconds.isEmpty, cursor.skip("s (cron "),
      let end = line.firstIndex(of: ", server action ", from: cursor.position)
    else { return nil }
    return CronMessage(cursor.position..<end, nil, seconds)
  }

  /// A name in backticks, or as Python's `repr` quotes it: double quotes when it has an apostrophe.
  private static func quoted(_ cursor: inout Cursor) -> Range<Int>? {
    guard let quote = cursor.peek(), quote == 96 || quote == 39 || quote == 34 else { return nil }
    _ = cursor.next()
    return cursor.take(until: quote)
  }

  private static func state(after cursor: inout Cursor) -> StaticString? {
    _ = cursor.skip(32)
    if cursor.skip(40) {
      _ = cursor.take(until: 41)
      _ = cursor.skip(32)
    }
    for (wording, state) in states where cursor.skip(wording) { return state }
    return nil
  }

  private static let states: [(StaticString, StaticString)] = [
    ("starting", "starting"), ("started manually", "starting"), ("done", "done"),
    ("fully done", "done"), ("partially done", "partial"), ("completed", "completed"),
    ("processed", "processed"), ("failed", "failed"), ("timed out", "timed_out"),
    ("server action #", "failed"), ("has been deactivated", "deactivated"),
    ("is failing", "failing"),
  ]

  private static func number(in line: Span<UInt8>, behind text: StaticString) -> Range<Int>? {
    guard let start = line.firstIndex(of: text) else { return nil }
    var cursor = Cursor(line, (start + text.utf8CodeUnitCount)..<line.count)
    let digits = cursor.take { $0.isDigit || $0 == 46 }
    return !digits.isEmpty && cursor.skip(115) ? digits : nil
  }
}
