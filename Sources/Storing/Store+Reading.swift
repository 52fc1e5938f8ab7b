package import Bytes
import Dividing
package import Model

extension Store {
  /// The tenants that have rows, in order; one whose last rows went may be among them until the
  /// store is opened again.
  package var tenants: [ByteString] { contents.tenants.union(head.tenants).sorted() }

  /// What `body` makes of the series of the scope that pass `accepts`, with their samples of
  /// `from...through` (milliseconds): it gets those of one tenant at a time, in order of labels,
  /// and is called on several threads. The results are in order of the tenants.
  package func mapSeries<Result: Sendable>(
    in scope: Scope, metric: ByteString?, from: Int64, through: Int64,
    where accepts: @escaping @Sendable (ByteString, Labels) -> Bool,
    _ body: @escaping @Sendable ([StoredSeries]) throws -> [Result]
  ) throws -> [Result] {
    let meter = ReadMeter.current
    // The head first: what is compacted meanwhile is then found twice, and never missed.
    let recent = Dictionary(
      grouping: meter.reading {
        head.read(in: scope, metric: metric, from: from, through: through, where: accepts)
      }, by: \.tenant)
    let blocks = Dictionary(
      grouping: meter.planning { contents.samples(in: scope, from: from, through: through) },
      by: \.head.tenant)
    let tenants = Set(recent.keys).union(blocks.keys).sorted()
    return try tenants.mapRuns(of: 1) { [self] run throws -> [Result] in
      var results: [Result] = []
      for tenant in run {
        var merging = SeriesMerging()
        var lent = 0
        defer { meter?.giveBack(samples: lent) }
        for block in blocks[tenant] ?? [] {
          try meter?.check()
          // Whoever helps with the parts reads for the same query.
          let (reader, series) = ReadMeter.$current.withValue(meter) {
            meter.reading { read(block, metric, from, through) { accepts(tenant, $0) } }
          }
          if let reader, let series {
            lent += meter.lent(series)
            meter?.note { if series.isEmpty { $0.prunedByIndex += 1 } else { $0.blocksRead += 1 } }
            merging.add(series, isOrdered: reader.isOrdered)
          } else {
            damage.note(block)
          }
        }
        lent += meter.lent(recent[tenant] ?? [])
        try meter?.check()
        merging.add(recent[tenant] ?? [])
        results += try body(merging.series)
      }
      return results
    }
  }

  /// The series of the scope that pass `accepts` and have a sample in `from...through`
  /// (milliseconds), each with one that stands for all, in no order. Of blocks only indexes are
  /// read, so the value is none that was sent.
  package func outlines(
    in scope: Scope, metric: ByteString?, from: Int64, through: Int64,
    where accepts: @escaping @Sendable (ByteString, Labels) -> Bool
  ) throws -> [StoredSeries] {
    let meter = ReadMeter.current
    var found: [ByteString: [Labels: StoredSeries]] = [:]
    // The head first, as above.
    for series in head.read(
      in: scope, metric: metric, from: from, through: through, where: accepts)
    {
      guard let time = series.times.first, let value = series.values.first else { continue }
      found[series.tenant, default: [:]][series.labels] = StoredSeries(
        tenant: series.tenant, labels: series.labels, times: [time], values: [value])
    }
    for block in contents.samples(in: scope, from: from, through: through) {
      try meter?.check()
      let tenant = block.head.tenant
      let reader = sampleBlocks.reader(of: block.head, cost: block.head.size * 4) {
        block.sampleBlock()
      }
      guard let reader else {
        damage.note(block)
        continue
      }
      let known = found[tenant] ?? [:]
      let more = reader.outlines(metric: metric, from: from, through: through) {
        known[$0] == nil && accepts(tenant, $0)
      }
      for series in more { found[tenant, default: [:]][series.labels] = series }
      meter?.note { $0.blocksRead += 1 }
    }
    return found.values.flatMap { Array($0.values) }
  }

  private func read(
    _ block: BlockEntry, _ metric: ByteString?, _ from: Int64, _ through: Int64,
    _ accepts: (Labels) -> Bool
  ) -> (SampleBlockReader?, [StoredSeries]?) {
    let reader = sampleBlocks.reader(of: block.head, cost: block.head.size * 4) {
      block.sampleBlock()
    }
    return (reader, try? reader?.read(metric: metric, from: from, through: through, accepts))
  }

  /// The series of the scope that pass `accepts`, with samples of `from...through` (milliseconds),
  /// by tenant and then by labels.
  package func series(
    in scope: Scope, metric: ByteString?, from: Int64, through: Int64,
    where accepts: @escaping @Sendable (ByteString, Labels) -> Bool
  ) throws -> [StoredSeries] {
    try mapSeries(in: scope, metric: metric, from: from, through: through, where: accepts) { $0 }
  }

  /// Lends the batches that may hold records of `from..<to` (nanoseconds) of the scope. What turns
  /// out to be damaged is left out and counted.
  package func scan(
    in scope: Scope, from: Int64, to: Int64, visit: (Batch) throws -> Bool
  ) throws {
    let meter = ReadMeter.current
    let found = meter.planning { contents.logs(in: scope, from: from, to: to) }
    for block in found.blocks {
      try meter?.check()
      guard let batch = batch(of: block) else { continue }
      meter?.note {
        $0.blocksRead += 1
        $0.rows += batch.records.count
      }
      if try !visit(batch) { return }
    }
    for entry in found.frames {
      try meter?.check()
      guard let batch = batch(of: entry) else { continue }
      if try !visit(batch) { return }
    }
  }

  /// Lends the records of `from..<to` (nanoseconds) of the scope, block by block, so that each
  /// question decodes no more than it needs. Stops early when `body` returns false. What is damaged
  /// is left out and counted.
  package func visitRecords(
    in scope: Scope, from: Int64, to: Int64, _ body: (StoredRecords) throws -> Bool
  ) throws {
    /// Nil when what was lent is damaged, else whether to go on.
    func lend(
      _ source: StoredRecords.Source, whole: (@Sendable () throws -> Batch)? = nil
    ) throws -> Bool? {
      do {
        return try body(
          StoredRecords(source: source, whole: whole))
      } catch is DamagedRecords {
        return nil
      }
    }
    let meter = ReadMeter.current
    let found = meter.planning { contents.logs(in: scope, from: from, to: to) }
    for block in found.blocks {
      try meter?.check()
      meter?.beginBlock()
      defer { meter?.endBlock() }
      let reader = logBlocks.reader(of: block.head, cost: 1_024) { block.lazyLogBlock(sections) }
      let goesOn = try reader.flatMap { reader in
        try lend(.block(reader, block.head)) { [self] in
          guard let batch = batch(of: block) else { throw DamagedRecords() }
          return batch
        }
      }
      if goesOn == nil { damage.note(block) }
      if goesOn == false { return }
    }
    for entry in found.frames {
      try meter?.check()
      guard let batch = batch(of: entry) else { continue }
      if try lend(.batch(batch)) == false { return }
    }
  }

  private func batch(of block: BlockEntry) -> Batch? {
    ReadMeter.current.reading { readBatch(of: block) }
  }

  private func readBatch(of block: BlockEntry) -> Batch? {
    if let batch = cache.find(.block(block.head.id)) { return batch }
    guard let batch = block.logBlock()?.batch() else {
      damage.note(block)
      return nil
    }
    cache.keep(batch, .block(block.head.id))
    return batch
  }

  private func batch(of entry: FrameEntry) -> Batch? {
    let batch = ReadMeter.current.reading { readBatch(of: entry) }
    ReadMeter.current?.note {
      $0.framesRead += 1
      $0.rows += batch?.records.count ?? 0
    }
    return batch
  }

  private func readBatch(of entry: FrameEntry) -> Batch? {
    if let batch = cache.find(.frame(entry.sequence)) { return batch }
    guard let bytes = try? entry.file.read(at: entry.offset, count: entry.size),
      let frame = Frame(bytes.span, at: 0), frame.sequence == entry.sequence,
      let batch = frame.batch(bytes.span)
    else {
      damage.note(entry)
      return nil
    }
    ReadMeter.current?.note {
      $0.bytesRead += entry.size
      $0.bytesUnpacked += entry.size
    }
    cache.keep(batch, .frame(entry.sequence))
    return batch
  }
}

extension ReadMeter? {
  /// Counts series that are lent, and returns the number of their samples.
  fileprivate func lent(_ series: [StoredSeries]) -> Int {
    guard let self else { return 0 }
    let samples = series.reduce(0) { $0 + $1.times.count }
    self.lend(series: series.count, samples: samples)
    return samples
  }
}
