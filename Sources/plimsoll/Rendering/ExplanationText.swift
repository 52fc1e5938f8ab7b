package import Bytes

/// What was read for a query and how long each part took, for people: the member `explain` of an
/// answer.
package enum ExplanationText {
  /// Three lines; nil when the answer explains nothing.
  package static func text(_ answer: JSONValue) -> String? {
    guard let explain = answer["data"]?["explain"] else { return nil }
    let blocks = explain["blocks"]
    let pruned = blocks?["pruned"]
    func count(_ value: JSONValue?) -> String { "\(value?.integer ?? 0)" }
    let left = ["tenant", "time", "index", "filter"]
      .map { "\(count(pruned?[$0])) by \($0)" }.joined(separator: ", ")
    let counts = [
      ("frames", "frames"), ("bytesRead", "bytes read"), ("bytesUnpacked", "bytes unpacked"),
      ("rows", "rows"), ("samples", "samples"), ("series", "series"),
      ("peakMemory", "bytes held at most"),
    ].map { "\(count(explain[$0.0])) \($0.1)" }.joined(separator: ", ")
    let times = ["wait", "parse", "plan", "read", "evaluate", "write"]
      .map { "\($0) \(milliseconds(explain["seconds"]?[$0]?.number ?? 0))" }
      .joined(separator: ", ")
    return """
      blocks: \(count(blocks?["read"])) read of \(count(blocks?["considered"])), pruned \(left)
      read: \(counts)
      time: \(times)
      """
  }

  /// In milliseconds, to the microsecond.
  private static func milliseconds(_ seconds: Double) -> String {
    "\((seconds * 1e6).rounded() / 1e3) ms"
  }
}
