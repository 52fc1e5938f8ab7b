import Bytes
import Model

/// Reads a JSON object as one sample.
struct MetricRowReader: JSONRowReader {
  /// The members a row may have.
  private enum Member { case time, name, value, labels, tenant }

  var receivedAt: Int64 = 0

  private var time: Int64?
  private var name = ByteString.empty
  private var tenant = ByteString.empty
  private var value: Double?
  private var labels: [Label] = []
  private var seen: [Member] = []

  mutating func read(
    _ scanner: inout JSONScanner, into batch: inout Batch
  ) throws(JSONFault) -> Fault? {
    (time, name, tenant, value, labels, seen) = (nil, .empty, .empty, nil, [], [])
    while true {
      let token = try scanner.next()
      guard case .key(let range, let escaped) = token else { return nil }
      guard let member = Self.member(scanner.slice(range), escaped) else {
        return Fault(
          .unsupported, "unknown member", at: scanner.position, refused: scanner.slice(range))
      }
      guard !seen.contains(member) else {
        return Fault(.malformed, "member given twice", refused: scanner.slice(range))
      }
      seen.append(member)
      let fault =
        member == .labels ? try readLabels(&scanner) : try readScalar(member, &scanner)
      if let fault { return fault }
    }
  }

  private static func member(_ name: Span<UInt8>, _ escaped: Bool) -> Member? {
    if escaped { return nil }
    if name.equals("time") || name.equals("timestamp") { return .time }
    if name.equals("name") { return .name }
    if name.equals("value") { return .value }
    if name.equals("labels") { return .labels }
    return name.equals("tenant") ? .tenant : nil
  }

  private mutating func readScalar(
    _ member: Member, _ scanner: inout JSONScanner
  ) throws(JSONFault) -> Fault? {
    switch try scanner.next() {
    case .string(let range, let escaped):
      return fill(member, Self.text(scanner.bytes, range, escaped), isNumber: false)
    case .number(let range):
      return fill(member, ByteString(scanner.slice(range)), isNumber: true)
    default: return Fault(.invalidValue, "a text or a number is expected", at: scanner.position)
    }
  }

  private mutating func fill(_ member: Member, _ text: ByteString, isNumber: Bool) -> Fault? {
    let bytes = text.bytes.span
    switch member {
    case .time:
      time = Stamp.parse(bytes)
      if time == nil { return Fault(.invalidTime, refused: bytes) }
    case .value:
      // A string may say what JSON's numbers cannot: NaN, +Inf, -Inf.
      value = Numbers.prometheusFloat(bytes)
      if value == nil { return Fault(.invalidValue, refused: bytes) }
    case .name, .tenant, .labels:
      if isNumber { return Fault(.invalidName, "not a text", refused: bytes) }
      if member == .name { name = text } else { tenant = text }
    }
    return nil
  }

  private mutating func readLabels(_ scanner: inout JSONScanner) throws(JSONFault) -> Fault? {
    guard try scanner.next() == .objectStart else {
      return Fault(.invalidValue, "labels must be an object", at: scanner.position)
    }
    while true {
      let token = try scanner.next()
      guard case .key(let range, let escaped) = token else { return nil }
      let label = Self.text(scanner.bytes, range, escaped)
      guard labels.count < Limits.labelsPerSeries else { return Fault(.tooManyLabels) }
      guard Self.isName(label), label != Labels.metricName else {
        return Fault(.invalidName, "label", refused: label.bytes.span)
      }
      switch try scanner.next() {
      case .string(let range, let escaped):
        let value = Self.text(scanner.bytes, range, escaped)
        if value.bytes.contains(0) { return Fault(.invalidText, "NUL in a label") }
        labels.append(Label(label, value))
      case .number(let range): labels.append(Label(label, ByteString(scanner.slice(range))))
      case .boolean(let flag): labels.append(Label(label, flag ? "true" : "false"))
      default: return Fault(.invalidValue, "label value", refused: label.bytes.span)
      }
    }
  }

  private static func text(
    _ bytes: Span<UInt8>, _ range: Range<Int>, _ escaped: Bool
  ) -> ByteString {
    guard escaped else { return ByteString(bytes.extracting(range)) }
    var decoded: [UInt8] = []
    JSONText.unescape(bytes, range, into: &decoded)
    return ByteString(decoded)
  }

  /// Prometheus' classic names: letters, digits, `_`, and in a metric's also `:`.
  private static func isName(_ name: ByteString, allowsColon: Bool = false) -> Bool {
    guard let first = name.bytes.first, !first.isDigit else { return false }
    return name.bytes.allSatisfy {
      $0.isLetter || $0.isDigit || $0 == 95 || (allowsColon && $0 == 58)
    }
  }

  mutating func commit(into batch: inout Batch) -> Fault? {
    guard seen.contains(.name) else { return Fault(.missingName) }
    guard Self.isName(name, allowsColon: true) else {
      return Fault(.invalidName, refused: name.bytes.span)
    }
    guard let value else { return Fault(.invalidValue, "no value") }
    batch.startSeries(tenant: batch.intern(tenant))
    batch.addLabel(batch.intern(text: "__name__"), batch.intern(name))
    for label in labels { batch.addLabel(batch.intern(label.name), batch.intern(label.value)) }
    do throws(Fault) {
      let series = try batch.finishSeries()
      let instant = time ?? receivedAt
      let rest = instant % Instant.millisecond
      let millis = instant / Instant.millisecond - (rest < 0 ? 1 : 0)
      batch.append(sample: Sample(series: series, time: millis, value: value))
      return nil
    } catch {
      return error
    }
  }
}
