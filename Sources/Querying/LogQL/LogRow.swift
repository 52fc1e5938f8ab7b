import Bytes
import Model

/// One record on its way through a pipeline: its line and labels as the stages so far left them.
/// Nothing of the record is copied unless a stage changes it.
struct LogRow {
  /// A label's value: bytes of its own, or a place in the batch.
  enum Value {
    case missing
    case own(ByteString)
    case field(Field)
  }

  var record = Record(time: 0, receivedAt: 0)
  /// The labels of the record's stream.
  var stream = Labels.empty
  /// The line, once a stage has changed it.
  var line: [UInt8]?
  /// Labels that stages have set; nil for those they took away.
  var changes: [ByteString: ByteString?] = [:]
  /// Those of `changes` that are typed fields under a new name, and so keep their unit.
  private var renamed: [ByteString: Field] = [:]
  var error: ByteString?
  var errorDetails: ByteString?
  /// The fields that `keep` left, which stay the typed fields they are; nil for all.
  var keptFields: [ByteString]?
  /// What templates have cost, in bytes read and written, since the budget was last charged.
  var work = 0
  private let isFleet: Bool

  init(scope: Scope) {
    isFleet = scope == .fleet
  }

  /// Begins the next record.
  mutating func start(_ record: Record, stream: Labels) {
    self.record = record
    self.stream = stream
    line = nil
    if !changes.isEmpty { changes.removeAll(keepingCapacity: true) }
    if !renamed.isEmpty { renamed.removeAll(keepingCapacity: true) }
    error = nil
    errorDetails = nil
    keptFields = nil
  }

  /// Whether its labels are those of its stream, but for fields that join.
  var isPlain: Bool { changes.isEmpty && error == nil && keptFields == nil }

  /// What a label is: as a stage set it, else of the stream, else a typed field.
  func value(_ name: ByteString, in batch: Batch) -> Value {
    if !changes.isEmpty, let change = changes[name] {
      if !renamed.isEmpty, let field = renamed[name] { return .field(field) }
      return change.map { .own($0) } ?? .missing
    }
    if let value = stream[name] { return .own(value) }
    if name == LogLabels.detectedLevel {
      // Structured metadata of that name say it in their own spelling.
      let field = field(name, in: batch)
      if case .field = field { return field }
      return .own(record.level.detectedName)
    }
    if name == LogLabels.error { return error.map { .own($0) } ?? .missing }
    if name == LogLabels.errorDetails { return errorDetails.map { .own($0) } ?? .missing }
    return field(name, in: batch)
  }

  private func field(_ name: ByteString, in batch: Batch) -> Value {
    guard isShown(name) else { return .missing }
    let sought = isFleet && name == LogLabels.exportedTenant ? LogLabels.tenant : name
    for index in record.fields {
      let field = batch.fields[index]
      if LogLabels.spells(batch.bytes(field.name), sought) { return .field(field) }
    }
    // Structured metadata that a stream label has the name of; `tenant` has its own rule.
    guard let own = LogLabels.unextracted(name), let taken = stream[own],
      !isFleet || own != LogLabels.tenant,
      batch.streamLabels(of: record) != nil, case .field(let found) = field(own, in: batch),
      batch.string(found.value) != taken
    else { return .missing }
    return .field(found)
  }

  private func isShown(_ field: ByteString) -> Bool {
    keptFields?.contains(field) ?? true
  }

  /// The value's bytes, empty when it is missing.
  func text(_ name: ByteString, in batch: Batch) -> ByteString {
    switch value(name, in: batch) {
    case .missing: .empty
    case .own(let text): text
    case .field(let field): batch.string(field.value)
    }
  }

  func accepts(_ matcher: Matcher, in batch: Batch) -> Bool {
    switch value(matcher.name, in: batch) {
    case .missing: matcher.accepts(ByteString.empty)
    case .own(let text): matcher.accepts(text)
    case .field(let field): matcher.accepts(batch.bytes(field.value))
    }
  }

  /// Lends the line as it is now.
  func withLine<Result>(_ batch: Batch, _ body: (Span<UInt8>) -> Result) -> Result {
    if let line { return body(line.span) }
    return body(batch.bytes(record.message))
  }

  /// Sets a label that a parser found. One of the stream's keeps its value, and the found one is
  /// called `..._extracted`; what was found first stays.
  mutating func extract(_ name: ByteString, _ value: ByteString) {
    guard !name.isEmpty, !value.isEmpty else { return }
    var name = LogLabels.sanitized(name)
    if stream[name] != nil { name = LogLabels.extracted(name) }
    // One that a stage took away may be found again.
    if case .some(.some) = changes[name] { return }
    changes.updateValue(value, forKey: name)
  }

  mutating func fail(_ kind: LogLabels.ErrorKind, _ details: String) {
    guard error == nil else { return }
    error = ByteString(kind.rawValue)
    errorDetails = ByteString(details)
  }

  /// What a template gave; when it failed, nil, and the row has the reason as its error.
  mutating func take(_ outcome: Result<[UInt8], QueryFault>, _ work: Int) -> [UInt8]? {
    self.work += work
    switch outcome {
    case .success(let bytes): return bytes
    case .failure(let fault):
      fail(.template, fault.message)
      return nil
    }
  }

  /// What templates have cost since this was last asked, in KiB.
  mutating func takeWork() -> Int {
    defer { work %= 1_024 }
    return work / 1_024
  }

  /// Sets or, with nil, takes away a label.
  mutating func set(_ name: ByteString, _ value: ByteString?) {
    switch name {
    case LogLabels.error: error = value
    case LogLabels.errorDetails: errorDetails = value
    default:
      changes.updateValue(value, forKey: name)
      if !renamed.isEmpty { renamed[name] = nil }
    }
  }

  /// Gives a label another name; nothing changes when there is none.
  mutating func rename(_ old: ByteString, to new: ByteString, in batch: Batch) {
    let value = value(old, in: batch)
    if case .missing = value { return }
    set(new, text(old, in: batch))
    if case .field(let field) = value, case .some(.some) = changes[new] { renamed[new] = field }
    if old != new { set(old, nil) }
  }

  /// All labels and fields the row has now, in the order of their names.
  func all(in batch: Batch) -> [Label] {
    var names = keptFields ?? []
    if keptFields == nil {
      for index in record.fields {
        let name = LogLabels.sanitized(batch.string(batch.fields[index].name))
        names.append(isFleet && name == LogLabels.tenant ? LogLabels.exportedTenant : name)
      }
    }
    var labels = labels(joining: names, in: batch)
    labels.set(LogLabels.error, error)
    return labels.pairs
  }

  /// The labels the row has now; of the fields only those in `joined`.
  func labels(joining joined: [ByteString], in batch: Batch) -> Labels {
    var labels = stream
    if keptFields == nil, batch.streamLabels(of: record) != nil {
      addMetadata(to: &labels, in: batch)
    }
    for name in joined where stream[name] == nil && changes[name] == nil && isShown(name) {
      switch value(name, in: batch) {
      case .missing: break
      case .own(let text): labels.set(name, text)
      case .field(let field): labels.set(name, batch.string(field.value))
      }
    }
    for (name, value) in changes { labels.set(name, value) }
    if let error {
      labels.set(LogLabels.error, error)
      labels.set(LogLabels.errorDetails, errorDetails)
    }
    return labels
  }

  /// Joins the structured metadata of a pushed record, as Loki does in every query: one that is
  /// called like a stream label gets `_extracted` behind its name.
  private func addMetadata(to labels: inout Labels, in batch: Batch) {
    for index in record.fields {
      let field = batch.fields[index]
      var name = batch.string(field.name)
      if name == StreamLabels.field { continue }
      name = LogLabels.sanitized(name)
      if isFleet, name == LogLabels.tenant { name = LogLabels.exportedTenant }
      let value = batch.string(field.value)
      // A tenant that the scope has overruled is kept twice: as a label, and as tagging keeps it.
      if stream[name] == value { continue }
      if stream[name] != nil { name = LogLabels.extracted(name) }
      labels.set(name, value)
    }
  }
}
