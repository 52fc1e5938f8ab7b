import Bytes
import Model

/// One stream of a push request on its way into a batch. Its labels are checked once and written
/// once; each entry is a record of them.
struct PushedStream {
  /// One pair of structured metadata, its bytes in the batch's arena.
  typealias Metadata = (name: Slice, value: Slice)

  private static let levelNames: [StaticString] = ["level", "detected_level", "severity"]

  private var head: Record
  /// The field `_stream`, which all entries share.
  private let labels: Field
  private let first: Int
  /// Whether the stream's labels say the level.
  private let hasLevel: Bool

  /// Throws why the labels are no stream's: none with a value, a name that is none, one twice, too
  /// many or too long.
  init(_ pairs: [Label], receivedAt: Int64, into batch: inout Batch) throws(Fault) {
    let pairs = pairs.filter { !$0.value.isEmpty }
    try Self.check(pairs)
    first = batch.records.count
    head = Record(time: receivedAt, receivedAt: receivedAt)
    var others: [Label] = []
    var level = Level.unknown
    for pair in pairs {
      switch pair.name {
      case "service": head.service = batch.intern(pair.value)
      case "environment": head.environment = batch.intern(pair.value)
      case "host": head.host = batch.intern(pair.value)
      case "logger": head.logger = batch.intern(pair.value)
      case "release": head.release = batch.intern(pair.value)
      case "tenant":
        head.tenant = batch.intern(pair.value)
        others.append(pair)
      default:
        if level == .unknown, Self.namesLevel(pair.name.bytes.span) {
          level = Level(parsing: pair.value.bytes.span)
        }
        others.append(pair)
      }
    }
    head.level = level
    hasLevel = level != .unknown
    let name = batch.intern(StreamLabels.field)
    labels = Field(name: name, value: batch.intern(StreamLabels.write(others)), kind: .text)
  }

  private static func check(_ pairs: [Label]) throws(Fault) {
    guard !pairs.isEmpty else {
      throw Fault(.missingLabels, "error at least one label pair is required per stream")
    }
    guard pairs.count <= Limits.labelsPerSeries else {
      throw Fault(.tooManyLabels, "a stream may have \(Limits.labelsPerSeries)")
    }
    var names: Set<ByteString> = []
    for pair in pairs {
      let name = pair.name.bytes.span
      guard isLabelName(name) else {
        throw Fault(.invalidName, "error parsing labels: not a label's name", refused: name)
      }
      guard name.count <= Limits.labelNameBytes else { throw Fault(.nameTooLong, refused: name) }
      guard pair.value.count <= Limits.labelValueBytes else {
        throw Fault(.valueTooLong, "label value", refused: pair.value.bytes.span)
      }
      guard UTF8Check.isValid(pair.value.bytes.span) else {
        throw Fault(.invalidText, "error parsing labels: not UTF-8", refused: name)
      }
      guard names.insert(pair.name).inserted else { throw Fault(.duplicateLabel, refused: name) }
    }
  }

  /// `[a-zA-Z_:][a-zA-Z0-9_:]*`.
  private static func isLabelName(_ name: Span<UInt8>) -> Bool {
    guard name.count > 0, !name[0].isDigit else { return false }
    for index in 0..<name.count {
      let byte = name[index]
      guard byte.isLetter || byte.isDigit || byte == 95 || byte == 58 else { return false }
    }
    return true
  }

  private static func namesLevel(_ name: Span<UInt8>) -> Bool {
    levelNames.contains { name.equals($0) }
  }

  /// Adds an entry. One that is too long, or has too much metadata, is counted as refused.
  mutating func add(
    time: Int64, line: Slice, metadata: [Metadata], into batch: inout Batch
  ) {
    var size = Int(line.count)
    for pair in metadata { size += Int(pair.name.count) + Int(pair.value.count) }
    guard size <= Limits.recordBytes else {
      batch.faults.add(
        Fault(.rowTooLong, "Max entry size '\(Limits.recordBytes)' bytes exceeded"))
      return
    }
    guard metadata.count < Limits.fieldsPerRecord else {
      batch.faults.add(Fault(.tooManyFields, "more than \(Limits.fieldsPerRecord)"))
      return
    }
    guard batch.records.count < Limits.rowsPerFrame else {
      batch.faults.add(Fault(.bodyTooLarge, "entries after the \(Limits.rowsPerFrame)th"))
      return
    }
    var record = head
    record.time = time
    record.message = line
    batch.addField(labels.name, labels.value, labels.kind)
    for pair in metadata {
      if !hasLevel, record.level == .unknown, Self.namesLevel(batch.bytes(pair.name)) {
        record.level = Level(parsing: batch.bytes(pair.value))
      }
      let isOurs = batch.bytes(pair.name).equals("_stream")
      batch.addField(isOurs ? batch.intern(text: "user__stream") : pair.name, pair.value, .text)
    }
    if record.level == .unknown { record.level = LineLevel.find(in: batch.bytes(line)) }
    batch.append(record: record)
  }

  /// Takes back all entries of the stream and counts `entries` as refused.
  func withdraw(_ fault: Fault, entries: Int, from batch: inout Batch) {
    batch.discardPendingFields()
    batch.records.removeLast(Swift.max(0, batch.records.count - first))
    batch.discardPendingFields()
    batch.faults.add(fault, count: Swift.max(1, entries))
  }
}
