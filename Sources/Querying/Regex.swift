package import Bytes
import CRE2
import Model

/// A compiled regular expression of RE2's syntax: linear time, bounded memory.
package final class Regex: Sendable {
  /// The text it was compiled from.
  package let pattern: ByteString
  // RE2 objects are immutable after compilation and safe to share between threads (re2.h), so the
  // pointer may cross them; this class alone frees it.
  nonisolated(unsafe) private let expression: OpaquePointer
  private let isAnchored: Bool

  /// Prometheus matchers: the whole value must match, and `.` matches a line feed.
  package static func matcher(_ pattern: ByteString) throws(QueryFault) -> Regex {
    try Regex(pattern, anchored: true, dotAll: true)
  }

  /// LogQL line filters: any part of the line may match.
  package static func filter(_ pattern: ByteString) throws(QueryFault) -> Regex {
    try Regex(pattern, anchored: false, dotAll: false)
  }

  /// Throws when a pattern of a query has more than `most` bytes.
  package static func checkLength(_ pattern: ByteString, _ most: Int) throws(QueryFault) {
    guard pattern.count > most else { return }
    throw QueryFault(
      .badData,
      "regular expression longer than \(most) bytes: it has \(pattern.count) "
        + "(query_regex_bytes); use a shorter one, or several matchers")
  }

  private init(_ pattern: ByteString, anchored: Bool, dotAll: Bool) throws(QueryFault) {
    guard pattern.count <= Limits.queryBytes else {
      throw QueryFault(.badData, "regular expression longer than a query may be")
    }
    var reason = [CChar](repeating: 0, count: 256)
    let made = plimsoll_regex_compile(
      pattern.bytes, pattern.count, dotAll ? 1 : 0, Limits.regexMemory, &reason, reason.count)
    guard let made else {
      let text = reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      throw QueryFault(
        .badData, "error parsing regexp: " + String(decoding: text, as: UTF8.self))
    }
    expression = made
    isAnchored = anchored
    self.pattern = pattern
  }

  deinit {
    plimsoll_regex_free(expression)
  }

  /// Whether the text matches, as the way it was compiled says.
  package func matches(_ text: Span<UInt8>) -> Bool {
    // The shim reads `count` bytes and keeps no pointer.
    text.withUnsafeBufferPointer {
      plimsoll_regex_matches(expression, $0.baseAddress, $0.count, isAnchored ? 1 : 0) == 1
    }
  }

  package func matches(_ text: ByteString) -> Bool {
    matches(text.bytes.span)
  }

  /// The names of the capturing groups in order; unnamed ones are empty.
  package var groupNames: [ByteString] {
    let count = Int(plimsoll_regex_group_count(expression))
    return (1..<(count + 1)).map { index in
      ByteString(String(cString: plimsoll_regex_group_name(expression, Int32(index))))
    }
  }

  /// The leftmost match at or after `start`: the whole match first, then each group (nil where it
  /// took no part). Nil when there is none.
  package func find(_ text: Span<UInt8>, from start: Int = 0) -> [Range<Int>?]? {
    let groups = Int(plimsoll_regex_group_count(expression)) + 1
    var offsets = [Int64](repeating: -1, count: groups * 2)
    let found = text.withUnsafeBufferPointer {
      plimsoll_regex_find(
        expression, $0.baseAddress, $0.count, start, isAnchored ? 1 : 0, &offsets, Int32(groups))
    }
    guard found == 1 else { return nil }
    return (0..<groups).map { group in
      offsets[2 * group] < 0
        ? nil : Int(offsets[2 * group])..<Int(offsets[2 * group + 1])
    }
  }
}
