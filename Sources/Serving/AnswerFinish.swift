import Packing

/// The last touch to an answer: a tag for a GET, 304 when the client has it already, and gzip when
/// the client takes it and it pays (RFC 9110, 8.8.3, 12.5.3 and 13.1.2).
struct AnswerFinish: Sendable {
  /// Shorter bodies gain nothing: they are one packet anyway.
  static let leastBytes = 1_400
  /// Longer ones take long enough to pack to be kept off the event loops.
  private static let longBytes = 64 << 10

  let packers: Workers

  func apply(to answer: HTTPAnswer, of question: HTTPQuestion) async -> HTTPAnswer {
    let isRead = question.method == "GET" || question.method == "HEAD"
    var answer = answer
    let isLong = answer.body.count >= Self.leastBytes
    if isLong { answer.headers.append(("Vary", "Accept-Encoding")) }
    if isRead, answer.status == 200, !answer.body.isEmpty {
      // Weak, since one tag stands for the packed and the plain form.
      let tag = "W/\"" + String(Checksum.xxh3(answer.body), radix: 16) + "\""
      answer.headers.append(("ETag", tag))
      if Self.names(question.headers("If-None-Match"), tag) {
        answer.status = 304
        answer.body = []
        return answer
      }
    }
    guard isLong, Self.takesGzip(question.headers("Accept-Encoding")) else { return answer }
    let body = answer.body
    var packed: [UInt8] = []
    if body.count < Self.longBytes {
      packed = Gzip.deflate(body)
    } else if let done = try? await packers.run({ Gzip.deflate(body) }) {
      packed = done
    }
    // Empty when it failed or no thread was free: plain is as good.
    guard !packed.isEmpty, packed.count < body.count else { return answer }
    answer.body = packed
    answer.headers.append(("Content-Encoding", "gzip"))
    return answer
  }

  /// Whether an `If-None-Match` names the tag, compared weakly.
  static func names(_ header: String?, _ tag: String) -> Bool {
    guard let header else { return false }
    let plain = tag.dropFirst(2)
    return header.split(separator: ",").contains { part in
      let stated = part.trimmed
      return stated == "*" || stated == tag || stated == plain
    }
  }

  /// Whether an `Accept-Encoding` takes gzip: names it, or all, and not with a weight of 0.
  static func takesGzip(_ header: String?) -> Bool {
    guard let header else { return false }
    var takesAll = false
    for part in header.lowercased().split(separator: ",") {
      let words = part.split(separator: ";").map(\.trimmed)
      guard let name = words.first else { continue }
      let isRefused = words.dropFirst().contains { word in
        word.hasPrefix("q=") && word.dropFirst(2).allSatisfy { $0 == "0" || $0 == "." }
      }
      if name == "gzip" || name == "x-gzip" { return !isRefused }
      if name == "*" { takesAll = !isRefused }
    }
    return takesAll
  }
}

extension Substring {
  /// Without blanks at its ends.
  fileprivate var trimmed: Substring {
    var text = self.drop { $0 == " " || $0 == "\t" }
    while text.last == " " || text.last == "\t" { text.removeLast() }
    return text
  }
}
