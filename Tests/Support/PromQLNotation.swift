import Bytes
import Foundation
package import Model
import Querying

/// The notation of series in scripts: `metric{a="b"} 1+2x5 _ stale NaN`.
package struct PromQLNotation {
  package let labels: Labels
  /// One per step; nil is none.
  package let values: [Double?]
  /// Whether it held native histograms, which are left out.
  package let hasHistograms: Bool

  /// Nil when the line is no series.
  package init?(_ line: String) {
    let bytes = Array(line.utf8)
    var index = bytes.firstIndex { $0.isBlank || $0 == 123 } ?? bytes.count
    if index < bytes.count, bytes[index] == 123 {
      var quote: UInt8?
      while index < bytes.count {
        let byte = bytes[index]
        if let open = quote {
          if byte == 92 { index += 1 } else if byte == open { quote = nil }
        } else if byte == 34 || byte == 39 {
          quote = byte
        } else if byte == 125 {
          break
        }
        index += 1
      }
      index = min(index + 1, bytes.count)
    }
    guard let labels = Self.labels(ByteString(bytes[..<index])) else { return nil }
    self.labels = labels
    let rest = String(decoding: bytes[index...], as: UTF8.self)
    hasHistograms = rest.contains("{{")
    guard let values = Self.values(Self.withoutHistograms(rest)) else { return nil }
    self.values = values
  }

  private static func labels(_ text: ByteString) -> Labels? {
    guard var reader = try? TokenReader(QueryText(text, .promql)) else { return nil }
    var pairs: [Label] = []
    if case .identifier(let name) = reader.next.kind {
      pairs.append(Label("__name__", name))
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

  /// Each histogram, with its repetition, as one gap.
  private static func withoutHistograms(_ text: String) -> String {
    var out = ""
    var rest = Substring(text)
    while let start = rest.range(of: "{{") {
      out += rest[..<start.lowerBound] + "_"
      guard let end = rest.range(of: "}}") else { return out }
      rest = rest[end.upperBound...]
      while let next = rest.first, !next.isWhitespace {
        if rest.hasPrefix("{{"), let end = rest.range(of: "}}") {
          rest = rest[end.upperBound...]
        } else {
          rest = rest.dropFirst()
        }
      }
    }
    return out + rest
  }

  private static func values(_ text: String) -> [Double?]? {
    var values: [Double?] = []
    for word in text.split(whereSeparator: \.isWhitespace).map(String.init) {
      if word == "stale" {
        values.append(.absent)
        continue
      }
      let parts = word.split(separator: "x", omittingEmptySubsequences: false).map(String.init)
      guard parts.count <= 2 else { return nil }
      let times = parts.count == 2 ? Int(parts[1]) : 0
      guard let times, times >= 0 else { return nil }
      if parts[0] == "_" {
        values += [Double?](repeating: nil, count: max(times, parts.count == 2 ? 0 : 1))
        continue
      }
      guard let (start, step) = progression(parts[0]) else { return nil }
      for index in 0...times { values.append(start + Double(index) * step) }
    }
    return values
  }

  /// `1`, `1+2`, `1-2`; a sign behind an exponent belongs to it.
  private static func progression(_ word: String) -> (Double, Double)? {
    if let value = number(word) { return (value, 0) }
    let bytes = Array(word.utf8)
    for index in bytes.indices.dropFirst().reversed()
    where bytes[index] == 43 || bytes[index] == 45 {
      let head = String(decoding: bytes[..<index], as: UTF8.self)
      let tail = String(decoding: bytes[index...], as: UTF8.self)
      if let start = number(head), let step = number(tail) { return (start, step) }
    }
    return nil
  }

  package static func number(_ word: String) -> Double? {
    let bytes = Array(word.utf8)
    return Numbers.prometheusFloat(bytes.span)
  }
}
