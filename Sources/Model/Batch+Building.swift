public import Bytes

extension Batch {
  /// Makes a frame the beginning of the arena, without a copy if its array has room for an eighth
  /// more and nobody else holds it; behind an arena that has bytes already it is copied. Returns
  /// where the frame lies. Behind it stand as many line ends as `JSONRowScanner` needs.
  public mutating func adopt(_ frame: consuming [UInt8]) -> Range<Int> {
    guard arena.isEmpty else { return hold(frame.span) }
    let count = frame.count
    arena = consume frame
    arena.reserveCapacity(Self.roomyCount(count))
    for _ in 0..<JSONRowScanner.padding { arena.append(10) }
    return 0..<count
  }

  /// Copies a frame behind the arena's bytes, with line ends behind it as `adopt` does.
  public mutating func hold(_ frame: Span<UInt8>) -> Range<Int> {
    let start = arena.count
    if start == 0 { arena.reserveCapacity(Self.roomyCount(frame.count)) }
    frame.withUnsafeBufferPointer { arena.append(contentsOf: $0) }
    for _ in 0..<JSONRowScanner.padding { arena.append(10) }
    return start..<(start + frame.count)
  }

  /// Room for a frame, its padding, and texts of our own that rows need beside it.
  private static func roomyCount(_ count: Int) -> Int {
    count + count / 8 + JSONRowScanner.padding
  }

  /// Cuts the arena to its first bytes, behind which nothing is that a row of the batch has.
  public mutating func cutArena(to count: Int) {
    if count >= 0, count < arena.count { arena.removeLast(arena.count - count) }
  }

  /// Makes room for rows, so that tables of a large frame grow once.
  public mutating func reserve(records count: Int, fields fieldCount: Int) {
    records.reserveCapacity(count)
    fields.reserveCapacity(fieldCount)
  }

  /// Decodes the body of a JSON string where it lies in the arena.
  public mutating func unescape(_ slice: Slice) -> Slice {
    Slice(
      offset: slice.offset,
      count: UInt32(truncatingIfNeeded: JSONText.unescape(&arena, slice.range)))
  }

  /// Copies bytes into the arena. An arena never grows past 4 GiB: bodies are limited long before.
  public mutating func intern(_ bytes: Span<UInt8>) -> Slice {
    guard bytes.count > 0 else { return .empty }
    let offset = UInt32(truncatingIfNeeded: arena.count)
    bytes.withUnsafeBufferPointer { arena.append(contentsOf: $0) }
    return Slice(offset: offset, count: UInt32(truncatingIfNeeded: bytes.count))
  }

  public mutating func intern(_ bytes: ByteString) -> Slice {
    intern(bytes.bytes)
  }

  public mutating func intern(_ bytes: [UInt8]) -> Slice {
    guard !bytes.isEmpty else { return .empty }
    let offset = UInt32(truncatingIfNeeded: arena.count)
    arena.append(contentsOf: bytes)
    return Slice(offset: offset, count: UInt32(truncatingIfNeeded: bytes.count))
  }

  public mutating func intern(_ text: StaticString) -> Slice {
    let offset = UInt32(truncatingIfNeeded: arena.count)
    text.withUTF8Buffer { arena.append(contentsOf: $0) }
    return Slice(offset: offset, count: UInt32(truncatingIfNeeded: text.utf8CodeUnitCount))
  }

  /// Copies the decoded bytes of a JSON string body into the arena.
  public mutating func internUnescaped(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Slice {
    let offset = UInt32(truncatingIfNeeded: arena.count)
    JSONText.unescape(bytes, range, into: &arena)
    return Slice(offset: offset, count: UInt32(truncatingIfNeeded: arena.count) - offset)
  }

  /// Adds a field to the record being built: call it between `records` entries, before
  /// `append(record:)`, which takes all fields added since the last one.
  public mutating func addField(_ name: Slice, _ value: Slice, _ kind: FieldKind) {
    fields.append(Field(name: name, value: value, kind: kind))
  }

  public mutating func addField(_ name: StaticString, _ value: Slice, _ kind: FieldKind) {
    addField(intern(name), value, kind)
  }

  public mutating func addField(_ name: StaticString, integer: Int64) {
    addField(intern(name), intern(Array(String(integer).utf8)), .integer)
  }

  /// How many fields wait for the next `append(record:)`.
  public var pendingFieldCount: Int { fields.count - nextField }

  /// Closes the record being built with the fields added since the last one.
  public mutating func append(record: Record) {
    var closed = record
    closed.firstField = UInt32(truncatingIfNeeded: nextField)
    closed.fieldCount = UInt32(truncatingIfNeeded: fields.count - nextField)
    records.append(closed)
  }

  /// Drops the fields added since the last record, when a row turns out to be refused.
  public mutating func discardPendingFields() {
    fields.removeLast(fields.count - nextField)
  }

  private var nextField: Int { records.last.map { $0.fields.upperBound } ?? 0 }

  /// Appends the fields of the last record: they stay in its order.
  public mutating func addFieldToLastRecord(_ name: Slice, _ value: Slice, _ kind: FieldKind) {
    guard let last = records.indices.last else { return }
    fields.append(Field(name: name, value: value, kind: kind))
    records[last].fieldCount += 1
  }

  /// Adds a field to any finished record. Its fields move to the end when others stand behind
  /// them, so do it for few.
  public mutating func addField(
    toRecord index: Int, _ name: Slice, _ value: Slice, _ kind: FieldKind
  ) {
    guard records.indices.contains(index) else { return }
    let own = records[index].fields
    if own.upperBound != fields.count {
      records[index].firstField = UInt32(truncatingIfNeeded: fields.count)
      fields.append(contentsOf: fields[own])
    }
    fields.append(Field(name: name, value: value, kind: kind))
    records[index].fieldCount += 1
  }

  /// Replaces a record's head; its fields stay.
  public mutating func update(record index: Int, _ change: (inout Record) -> Void) {
    guard records.indices.contains(index) else { return }
    change(&records[index])
  }

  /// Starts a series with no labels; add them with `addLabel`, then call `finishSeries`.
  public mutating func startSeries(tenant: Slice = .empty) {
    series.append(
      SeriesRow(
        tenant: tenant, firstLabel: UInt32(truncatingIfNeeded: labels.count), labelCount: 0))
  }

  /// Adds a label to the series that was started last.
  public mutating func addLabel(_ name: Slice, _ value: Slice) {
    guard let last = series.indices.last else { return }
    labels.append(LabelRow(name: name, value: value))
    series[last].labelCount += 1
  }

  /// Sorts the labels of the series that was started last, drops empty ones, checks names, counts
  /// and lengths, and returns its index. On a fault the series is gone again. Only a part of a
  /// native histogram may have the label that says which.
  public mutating func finishSeries(isHistogramPart: Bool = false) throws(Fault) -> UInt32 {
    guard let row = series.last else { throw Fault(.missingName) }
    var own = Array(labels[row.labels].filter { !$0.value.isEmpty })
    labels.removeSubrange(row.labels)
    own.sort { lexicographicallyPrecedes($0.name, $1.name) }
    if let fault = fault(of: own, isHistogramPart) {
      series.removeLast()
      throw fault
    }
    labels.append(contentsOf: own)
    let last = series.count - 1
    series[last].labelCount = UInt32(truncatingIfNeeded: own.count)
    return UInt32(truncatingIfNeeded: last)
  }

  private func lexicographicallyPrecedes(_ left: Slice, _ right: Slice) -> Bool {
    arena[left.range].lexicographicallyPrecedes(arena[right.range])
  }

  private func fault(of labels: [LabelRow], _ isHistogramPart: Bool) -> Fault? {
    if labels.count > Limits.labelsPerSeries + (isHistogramPart ? 1 : 0) {
      return Fault(.tooManyLabels)
    }
    var named = false
    for (index, label) in labels.enumerated() {
      let name = bytes(label.name)
      if name.count == 0 { return Fault(.invalidName, "empty label name") }
      if name.count > Limits.labelNameBytes { return Fault(.nameTooLong, refused: name) }
      if Int(label.value.count) > Limits.labelValueBytes {
        return Fault(.valueTooLong, "label value", refused: bytes(label.value))
      }
      if !UTF8Check.isValid(name) || !UTF8Check.isValid(bytes(label.value)) {
        return Fault(.invalidText, "label is not UTF-8", refused: name)
      }
      if index > 0, arena[labels[index - 1].name.range] == arena[label.name.range] {
        return Fault(.duplicateLabel, refused: name)
      }
      if name.equals("__name__") { named = true }
      if !isHistogramPart, name.equals("__histogram__") {
        return Fault(.invalidName, "__histogram__ is reserved for native histograms", refused: name)
      }
    }
    return named ? nil : Fault(.missingName, "series without __name__")
  }

  public mutating func append(sample: Sample) {
    samples.append(sample)
  }

  /// Keeps only the samples and records that pass; the arena keeps their bytes.
  public mutating func filter(
    records keepsRecord: (Record) -> Bool, sampleTimes keepsTime: (Int64) -> Bool
  ) {
    records.removeAll { !keepsRecord($0) }
    samples.removeAll { !keepsTime($0.time) }
    known = known.filter(times: keepsTime)
  }

  /// The value of a series' label, or nil.
  public func label(_ name: ByteString, ofSeries index: Int) -> Slice? {
    guard series.indices.contains(index) else { return nil }
    return labels[series[index].labels].first {
      arena[$0.name.range].elementsEqual(name.bytes)
    }?.value
  }

  /// Removes a label of a series and returns its value; nil when it has none of that name.
  public mutating func removeLabel(_ name: ByteString, ofSeries index: Int) -> Slice? {
    guard series.indices.contains(index) else { return nil }
    let range = series[index].labels
    guard let place = range.first(where: { arena[labels[$0].name.range].elementsEqual(name.bytes) })
    else { return nil }
    let value = labels[place].value
    // The gap is closed inside the series' own range, so that no other range moves.
    for slot in place..<(range.upperBound - 1) { labels[slot] = labels[slot + 1] }
    series[index].labelCount -= 1
    return value
  }

  /// The labels of a series as a value of their own.
  public func labels(ofSeries index: Int) -> Labels {
    guard series.indices.contains(index) else { return .empty }
    return Labels(
      sorted: labels[series[index].labels].map { Label(string($0.name), string($0.value)) })
  }

  /// The value of a record's field, or nil.
  public func field(_ name: ByteString, of record: Record) -> ByteString? {
    for index in record.fields
    where arena[fields[index].name.range].elementsEqual(name.bytes) {
      return string(fields[index].value)
    }
    return nil
  }

  /// A batch as storing read it back: its parts are consistent, storing has checked them.
  public init(
    arena: [UInt8], records: [Record], fields: [Field], series: [SeriesRow], labels: [LabelRow],
    samples: [Sample]
  ) {
    self.init()
    self.arena = arena
    self.records = records
    self.fields = fields
    self.series = series
    self.labels = labels
    self.samples = samples
  }
}
