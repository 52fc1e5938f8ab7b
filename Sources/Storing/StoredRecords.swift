package import Bytes
package import Model

/// The records of a block, or of a frame that is not compacted yet, that a read asked for: each
/// question decodes only what it needs. Questions throw `DamagedRecords`, which the read counts.
package struct StoredRecords {
  /// A part of a record's head that can be counted by.
  package typealias Part = RecordPart

  /// Where the records are.
  enum Source {
    case block(LogBlockReader, BlockHead)
    case batch(Batch)
  }

  let source: Source
  let scope: Scope
  let from: Int64
  let to: Int64
  /// Gives all records of a block, which are kept for the next read.
  var whole: (@Sendable () throws -> Batch)?

  /// What is needed of them, and maybe more, as a batch; of a block's rows only those of `rows`,
  /// ascending, unless it is nil.
  package func batch(
    _ needs: RecordNeeds = RecordNeeds(), rows: [UInt32]? = nil
  ) throws -> Batch {
    switch source {
    case .batch(let batch): batch
    case .block(let block, _):
      if needs.isAll, rows == nil, let whole {
        try whole()
      } else {
        try intact(block.batch(needs, rows: rows))
      }
    }
  }

  /// Their heads by column; nil for records that are not compacted yet.
  package var heads: StoredHeads? {
    guard case .block(let block, let head) = source else { return nil }
    return StoredHeads(block: block, head: head)
  }

  private func intact<Value>(_ value: Value?) throws(DamagedRecords) -> Value {
    guard let value else { throw DamagedRecords() }
    return value
  }

  /// Which rows of the block are asked for; nil for all of them.
  private func selection(_ block: LogBlockReader, _ head: BlockHead) throws -> [Bool]? {
    if head.times.lowerBound >= from, head.times.upperBound < to { return nil }
    return try intact(block.times()).map { $0 >= from && $0 < to }
  }

  private func isSelected(_ record: Record, in batch: Batch) -> Bool {
    record.time >= from && record.time < to && scope.sees(batch.string(record.tenant))
  }

  /// How many records there are for each value of a part of their heads; those without one are
  /// under the empty text.
  package func count(by part: RecordPart) throws -> [ByteString: Int] {
    var counts: [ByteString: Int] = [:]
    switch source {
    case .batch(let batch):
      for record in batch.records where isSelected(record, in: batch) {
        counts[batch.text(part, of: record), default: 0] += 1
      }
    case .block(let block, let head):
      let heads = StoredHeads(block: block, head: head)
      let column = try heads.column(part)
      var own = column.counts
      if let selection = try selection(block, head) {
        own = own.map { _ in 0 }
        for (row, code) in try heads.codes(part, in: column).enumerated() where selection[row] {
          own[Int(code)] += 1
        }
      }
      for (value, count) in zip(column.values, own) where count > 0 {
        counts[value, default: 0] += count
      }
    }
    return counts
  }

  /// How many records of each level there are in each window of `step` nanoseconds since 1970, by
  /// the window's start.
  package func addCounts(
    step: Int64, to windows: inout [Int64: [Level: Int]]
  ) throws {
    guard step > 0 else { return }
    var start = Int64.min
    var end = Int64.min
    var own = [Int](repeating: 0, count: 256)
    func flush() {
      for (raw, count) in own.enumerated() where count > 0 {
        windows[start, default: [:]][Level(rawValue: UInt8(raw)) ?? .unknown, default: 0] += count
        own[raw] = 0
      }
    }
    func add(_ time: Int64, _ level: UInt8) {
      // Neighbours are mostly of the same window.
      if time < start || time >= end {
        flush()
        let rest = time % step
        start = time &- (rest < 0 ? rest + step : rest)
        end = start.adding(step) ?? .max
      }
      own[Int(level)] &+= 1
    }
    switch source {
    case .batch(let batch):
      for record in batch.records where isSelected(record, in: batch) {
        add(record.time, record.level.rawValue)
      }
    case .block(let block, _):
      let times = try intact(block.times())
      let levels = try intact(block.levels())
      for index in times.indices where times[index] >= from && times[index] < to {
        add(times[index], levels[index])
      }
    }
    flush()
  }

  /// Lends each message that holds the text.
  package func forEachMessage(
    holding text: SoughtText, _ body: (Span<UInt8>) -> Void
  ) throws {
    switch source {
    case .batch(let batch):
      for record in batch.records where isSelected(record, in: batch) {
        let message = batch.bytes(record.message)
        if message.firstRange(of: text.bytes.span, from: 0) != nil { body(message) }
      }
    case .block(let block, let head):
      guard try intact(block.mayHold(text)) else { return }
      let found = try intact(block.messages(holding: text))
      let selection = try selection(block, head)
      for (row, message) in zip(found.rows, found.messages) where selection?[Int(row)] ?? true {
        body(found.arena.span.extracting(message.range))
      }
    }
  }

  /// Adds the numbers of a field to those of the text that another field has in the same record.
  package func addNumbers(
    of field: ByteString, by label: ByteString, to groups: inout [ByteString: [Double]]
  ) throws {
    switch source {
    case .batch(let batch):
      for record in batch.records where isSelected(record, in: batch) {
        guard let text = batch.field(label, of: record),
          let number = batch.field(field, of: record),
          let value = Numbers.decimal(number.bytes.span)
        else { continue }
        groups[text, default: []].append(value)
      }
    case .block(let block, let head):
      try addNumbers(block, head, field, label, &groups)
    }
  }

  private func addNumbers(
    _ block: LogBlockReader, _ head: BlockHead, _ field: ByteString, _ label: ByteString,
    _ groups: inout [ByteString: [Double]]
  ) throws {
    let selection = try selection(block, head)
    var codes = [Int32](repeating: -1, count: block.rowCount)
    var texts: [ByteString] = []
    var known: [ByteString: Int32] = [:]
    let labels = try intact(block.columns { $0.part == .field && $0.name == label })
    for column in labels.columns {
      column.number(in: labels.arena, &known, &texts, &codes)
    }
    var values = [[Double]](repeating: [], count: texts.count)
    for column in try intact(block.numbers(of: field)) {
      for (index, value) in column.values.enumerated() where !value.isNaN {
        let row = column.rows.map { Int($0[index]) } ?? index
        guard codes[row] >= 0, selection?[row] ?? true else { continue }
        values[Int(codes[row])].append(value)
      }
    }
    for (text, own) in zip(texts, values) where !own.isEmpty {
      groups[text, default: []] += own
    }
  }
}

/// Records that are not what was written.
package struct DamagedRecords: Error {}

extension RecordColumn {
  /// Gives each distinct text a number, and each row that of its text.
  fileprivate func number(
    in arena: [UInt8], _ known: inout [ByteString: Int32], _ texts: inout [ByteString],
    _ codes: inout [Int32]
  ) {
    func code(_ value: Slice) -> Int32 {
      let text = ByteString(arena[value.range])
      if let code = known[text] { return code }
      let code = Int32(truncatingIfNeeded: texts.count)
      known[text] = code
      texts.append(text)
      return code
    }
    switch values {
    case .dictionary(let distinct, let own):
      let translated = distinct.map(code)
      for (index, place) in own.enumerated() {
        codes[rows.map { Int($0[index]) } ?? index] = translated[Int(place)]
      }
    case .plain(let all):
      for (index, value) in all.enumerated() {
        codes[rows.map { Int($0[index]) } ?? index] = code(value)
      }
    }
  }
}

extension RecordPart {
  /// Where blocks keep it; nil for the level, which has a column of its own.
  var column: ColumnKey.Part? {
    switch self {
    case .release: .release
    case .service: .service
    case .environment: .environment
    case .host: .host
    case .logger: .logger
    case .level: nil
    }
  }
}
