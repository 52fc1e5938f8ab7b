import Bytes
import Model

/// The series a statsd line belongs to: its Prometheus name without suffix, and its labels.
struct StatsdIdentity: Hashable {
  let name: ByteString
  /// Sorted by name, each name once.
  let labels: [Label]

  /// What it takes to keep, about.
  var size: Int { labels.reduce(name.count) { $0 + $1.name.count + $1.value.count + 64 } }

  /// Reads name and tags. In both `.` and `-` become `_`; any other byte outside Prometheus'
  /// letters is refused, so that two names never become one by surprise.
  init(_ line: StatsdLine, of bytes: Span<UInt8>) throws(Fault) {
    let raw = bytes.extracting(line.name)
    guard raw.count <= Limits.labelNameBytes else {
      throw Fault(.nameTooLong, "metric name", refused: raw)
    }
    var labels: [Label] = []
    if let odoo = OdooTimer(raw) {
      name = odoo.name
      labels = odoo.labels
    } else {
      name = try Self.sanitized(raw, bytes)
    }
    try Self.addTags(line.tags, of: bytes, to: &labels)
    guard labels.count < Limits.labelsPerSeries else { throw Fault(.tooManyLabels, refused: bytes) }
    self.labels = labels.sorted()
  }

  /// `a:b,c`: a tag without a value is `true`; with an empty one it is none. Of a repeated name the
  /// first is kept.
  private static func addTags(
    _ tags: Range<Int>, of bytes: Span<UInt8>, to labels: inout [Label]
  ) throws(Fault) {
    var cursor = Cursor(bytes, tags)
    while !cursor.isAtEnd {
      let tag = cursor.take { $0 != 44 }
      _ = cursor.skip(44)
      if tag.isEmpty { continue }
      let colon = tag.first { bytes[$0] == 58 } ?? tag.upperBound
      let value = Swift.min(colon + 1, tag.upperBound)..<tag.upperBound
      guard value.count <= Limits.labelValueBytes else {
        throw Fault(.valueTooLong, "tag value", refused: bytes.extracting(value))
      }
      guard labels.count <= Limits.labelsPerSeries else { throw Fault(.tooManyLabels) }
      if tag.lowerBound == colon || (value.isEmpty && colon < tag.upperBound) { continue }
      let text = bytes.extracting(value)
      guard UTF8Check.isValid(text) else { throw Fault(.invalidText, "tag value", refused: text) }
      let name = try labelName(bytes.extracting(tag.lowerBound..<colon), bytes)
      if labels.contains(where: { $0.name == name }) { continue }
      labels.append(Label(name, colon < tag.upperBound ? ByteString(text) : "true"))
    }
  }

  /// Names that mean something to us or to Prometheus get the prefix `exported_`.
  private static func labelName(
    _ raw: Span<UInt8>, _ line: Span<UInt8>
  ) throws(Fault) -> ByteString {
    guard raw.count <= Limits.labelNameBytes else {
      throw Fault(.nameTooLong, "tag name", refused: raw)
    }
    let name = try sanitized(raw, line)
    if name == "le" || name == "quantile" || name.hasPrefix("__") {
      return ByteString(Array("exported_".utf8) + name.bytes)
    }
    return name
  }

  private static func sanitized(
    _ raw: Span<UInt8>, _ line: Span<UInt8>
  ) throws(Fault) -> ByteString {
    guard raw.count > 0 else { throw Fault(.invalidName, refused: line) }
    var name: [UInt8] = []
    name.reserveCapacity(raw.count + 1)
    if raw[0].isDigit { name.append(95) }
    for index in 0..<raw.count {
      let byte = raw[index]
      if byte == 46 || byte == 45 {
        name.append(95)
      } else if byte.isLetter || byte.isDigit || byte == 95 {
        name.append(byte)
      } else {
        throw Fault(.invalidName, "a letter no metric name has", refused: line)
      }
    }
    return ByteString(name)
  }
}

/// The names of camptocamp's `monitoring_statsd`, which carry labels by position:
/// `odoo.http.request.<customer>.<env>` and `odoo.http.button.<customer>.<env>.<model>.<method>`,
/// the model with `_` for its dots.
struct OdooTimer {
  let name: ByteString
  let labels: [Label]

  init?(_ raw: Span<UInt8>) {
    let request: StaticString = "odoo.http.request."
    let button: StaticString = "odoo.http.button."
    if raw.matches(request, at: 0) {
      guard let parts = Self.parts(raw, from: request.utf8CodeUnitCount, count: 2) else {
        return nil
      }
      name = "odoo_http_request"
      labels = [Label("tenant", parts[0]), Label("environment", parts[1])]
    } else if raw.matches(button, at: 0) {
      guard let parts = Self.parts(raw, from: button.utf8CodeUnitCount, count: 4) else {
        return nil
      }
      name = "odoo_http_button"
      labels = [
        Label("tenant", parts[0]), Label("environment", parts[1]), Label("model", parts[2]),
        Label("method", parts[3]),
      ]
    } else {
      return nil
    }
  }

  /// The parts between dots from `start` on; a customer's name may hold dots, the others not.
  private static func parts(_ raw: Span<UInt8>, from start: Int, count: Int) -> [ByteString]? {
    var parts: [ByteString] = []
    var end = raw.count
    while parts.count < count - 1 {
      guard let point = (start..<end).last(where: { raw[$0] == 46 }) else { return nil }
      parts.append(ByteString(raw.extracting((point + 1)..<end)))
      end = point
    }
    parts.append(ByteString(raw.extracting(start..<end)))
    guard parts.allSatisfy({ !$0.isEmpty && UTF8Check.isValid($0.bytes.span) }) else { return nil }
    return parts.reversed()
  }
}
