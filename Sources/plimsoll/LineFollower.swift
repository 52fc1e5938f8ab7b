import Bytes

/// Follows a log query by asking again and again. Each question begins so far back that a line that
/// comes up to ten seconds behind its time is still told; none is told twice, however often the
/// connection was lost.
package struct LineFollower: Sendable {
  /// How far behind its time a line may come.
  private static let lateness = 10 * Instant.second
  /// The most lines of one answer.
  package static let page = 5_000

  /// From where to ask, oldest first, nanoseconds.
  package private(set) var from: Int64
  /// An answer was full: there is more already.
  package private(set) var isBehind = false
  private var newest: Int64?
  /// How often each line from `from` on has been told.
  private var told: [ShownLine: Int] = [:]

  /// Follows what there already is no farther back than `start` (nanoseconds); `newest` is the
  /// newest line there is, if there is one. Its time, not our clock, says where new lines begin:
  /// the clocks may differ.
  package init(from start: Int64, newest: ShownLine?) {
    self.newest = newest?.time
    from = max(start, newest?.time.adding(-Self.lateness) ?? start)
  }

  /// Takes lines for told: each as often as it is among them, or was told before.
  package mutating func know(_ lines: [ShownLine]) {
    var counts: [ShownLine: Int] = [:]
    for line in lines where line.time >= from { counts[line, default: 0] += 1 }
    told.merge(counts) { max($0, $1) }
  }

  /// Takes the answer to a question asked at `now` (nanoseconds): the lines from `from` on, oldest
  /// first, at most a page. Returns those that were not told yet.
  package mutating func take(_ lines: [ShownLine], now: Int64) -> [ShownLine] {
    var left = told
    let fresh = lines.filter { line in
      guard let count = left[line], count > 0 else { return true }
      left[line] = count - 1
      return false
    }
    isBehind = lines.count >= Self.page
    if isBehind, let last = lines.last {
      // A page of one instant hides what else there is of it.
      from = last.time > from ? last.time : from.adding(1) ?? from
    } else {
      // A sender's clock may be ahead, and must not hide what others send.
      let latest = min(now, lines.last?.time ?? newest ?? .min)
      from = max(from, latest.adding(-Self.lateness) ?? from)
    }
    newest = lines.last?.time ?? newest
    // What an answer that is not full does not have any more was deleted, or is too old.
    told = isBehind ? told.filter { $0.key.time >= from } : [:]
    know(lines)
    return fresh
  }
}
