import Bytes
import Model
import Querying

/// The notation of series in unit tests, as Prometheus documents it: `metric{a="b"}` and
/// `1 2 _ stale 0+5x10 7x3 _x4`.
struct SeriesNotation {
  /// Values of one series; more than a unit test can mean is refused.
  private static let limit = 1_000_000

  /// The labels of `metric{a="b"}`; nil when the text is none.
  static func labels(_ text: String) -> Labels? {
    guard var reader = try? TokenReader(QueryText(ByteString(text), .promql)) else { return nil }
    var pairs: [Label] = []
    if case .identifier(let name) = reader.next.kind {
      pairs.append(Label(Labels.metricName, name))
      reader.take()
    }
    if reader.skip(.openBrace) {
      while !reader.skip(.closeBrace) {
        let name: ByteString
        switch reader.take().kind {
        case .identifier(let text), .string(let text): name = text
        default: return nil
        }
        guard reader.skip(.equal), case .string(let value) = reader.take().kind else { return nil }
        pairs.append(Label(name, value))
        _ = reader.skip(.comma)
      }
    }
    return reader.next.kind == .end ? Labels(pairs) : nil
  }

  /// One value per step, nil where there is none; nil when the text is no notation.
  static func values(_ text: String) -> [Double?]? {
    var values: [Double?] = []
    for part in text.split(whereSeparator: { $0 == " " || $0 == "\n" || $0 == "\t" }) {
      guard let more = one(String(part)), values.count + more.count <= limit else { return nil }
      values += more
    }
    return values
  }

  private static func one(_ text: String) -> [Double?]? {
    if text == "_" { return [nil] }
    if text == "stale" { return [Double(bitPattern: 0x7ff0_0000_0000_0002)] }
    guard let mark = text.lastIndex(of: "x") else { return number(text).map { [$0] } }
    let head = String(text[..<mark])
    guard let count = Int(text[text.index(after: mark)...]), count >= 0, count <= limit else {
      return number(text).map { [$0] }
    }
    if head == "_" { return Array(repeating: nil, count: count) }
    guard let (start, step) = expression(head) else { return nil }
    return (0...count).map { start + Double($0) * step }
  }

  /// `a`, `a+b` or `a-b`: the first value and the difference to the next.
  private static func expression(_ text: String) -> (Double, Double)? {
    if let start = number(text) { return (start, 0) }
    var characters = Array(text)
    for index in characters.indices.reversed() where index > 0 {
      guard characters[index] == "+" || characters[index] == "-",
        characters[index - 1] != "e", characters[index - 1] != "E"
      else { continue }
      let step = String(characters[index...])
      characters.removeSubrange(index...)
      guard let start = number(String(characters)), let difference = number(step) else {
        return nil
      }
      return (start, difference)
    }
    return nil
  }

  private static func number(_ text: String) -> Double? {
    Numbers.prometheusFloat(Array(text.utf8).span)
  }
}
