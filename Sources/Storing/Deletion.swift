package import Bytes
package import Model

/// What is to be deleted for good: rows of one tenant, within a time, that pass the tests. A test
/// that is nil lets nothing of its kind go.
package struct DeletionRequest: Sendable {
  package let tenant: ByteString
  /// Nanoseconds, both ends included.
  package let times: ClosedRange<Int64>
  /// Which records of a batch go, one answer for each.
  package let records: (@Sendable (Batch) throws -> [Bool])?
  /// Which series lose their samples of that time.
  package let series: (@Sendable (Labels) -> Bool)?

  /// A request for rows of `times` (nanoseconds, both ends included) of a tenant.
  package init(
    tenant: ByteString, times: ClosedRange<Int64>,
    records: (@Sendable (Batch) throws -> [Bool])?, series: (@Sendable (Labels) -> Bool)?
  ) {
    self.tenant = tenant
    self.times = times
    self.records = records
    self.series = series
  }
}

/// What a deletion did. It is given once the rows are gone from every file of the store.
package struct DeletionReceipt: Sendable, Equatable {
  package var records = 0
  package var samples = 0
  /// Blocks of which nothing was left.
  package var droppedBlocks = 0
  /// Blocks that were written anew without the deleted rows.
  package var rewrittenBlocks = 0
  /// Files that were replaced.
  package var files = 0
}

extension Store {
  /// Deletes rows that were acknowledged before the call, and returns when they are in no file any
  /// more. Throws when that could not be done; what was done until then stays done.
  package func delete(_ request: DeletionRequest) throws -> DeletionReceipt {
    if let path = unreadableFiles.first {
      throw StoreFault.failed(
        "\(path) cannot be read now, so nobody can say that rows in it are deleted: see doctor")
    }
    return try upkeep.perform { [self] compactor in
      try compactLevel0(&compactor)
      var receipt = DeletionReceipt()
      for number in contents.files.keys.sorted() {
        try compactor.delete(request, from: number, &receipt)
      }
      cache.forget { _ in true }
      sampleBlocks.clear()
      logBlocks.clear()
      sections.clear()
      return receipt
    }
  }
}

extension Compactor {
  fileprivate mutating func delete(
    _ request: DeletionRequest, from number: Int, _ receipt: inout DeletionReceipt
  ) throws {
    guard let file = contents.files[number], file.blocks.contains(where: request.concerns) else {
      return
    }
    var after = receipt
    try write(sealed: present(file.sealed, in: "/segments"), replaced: [number]) {
      compactor, writer in
      for head in file.blocks {
        let block = BlockEntry(head: head, file: file.file)
        if !request.concerns(head) {
          try compactor.copy(block, to: &writer)
        } else if head.kind == .log {
          try compactor.filterRecords(block, request, to: &writer, &after)
        } else {
          try compactor.filterSamples(block, request, to: &writer, &after)
        }
      }
    }
    after.files += 1
    receipt = after
  }

  private mutating func filterRecords(
    _ block: BlockEntry, _ request: DeletionRequest, to writer: inout BlockFileWriter,
    _ receipt: inout DeletionReceipt
  ) throws {
    guard var batch = try block.checkedLogBlock()?.batch(), let isGone = request.records else {
      return try setAside(block)
    }
    let before = batch.records.count
    var answers = try isGone(batch).makeIterator()
    batch.filter(
      records: { record in
        let goes = answers.next() ?? false
        return !(goes && request.times.contains(record.time))
      }, sampleTimes: { _ in true })
    let gone = before - batch.records.count
    receipt.records += gone
    if gone == 0 { return try copy(block, to: &writer) }
    guard !batch.records.isEmpty else {
      receipt.droppedBlocks += 1
      return
    }
    receipt.rewrittenBlocks += 1
    var gathering = TenantGathering()
    try gather(batch, in: &gathering, to: &writer)
    try append(&gathering, to: &writer)
  }

  private mutating func filterSamples(
    _ block: BlockEntry, _ request: DeletionRequest, to writer: inout BlockFileWriter,
    _ receipt: inout DeletionReceipt
  ) throws {
    guard let reader = try block.checkedSampleBlock(), let isGone = request.series else {
      return try setAside(block)
    }
    let all = try reader.read(metric: nil, from: .min, through: .max) { _ in true }
    var gone = 0
    var kept: [StoredSeries] = []
    for series in all {
      guard isGone(series.labels) else {
        kept.append(series)
        continue
      }
      let rest = series.without(request.times)
      gone += series.times.count - rest.times.count
      if !rest.times.isEmpty { kept.append(rest) }
    }
    receipt.samples += gone
    if gone == 0 { return try copy(block, to: &writer) }
    guard !kept.isEmpty else {
      receipt.droppedBlocks += 1
      return
    }
    receipt.rewrittenBlocks += 1
    // It is as old as it was: a later sample of the same time must still win.
    try append(kept, of: request.tenant, as: block.head.id, to: &writer)
  }
}

extension DeletionRequest {
  /// Whether a block may hold rows it asks for.
  fileprivate func concerns(_ head: BlockHead) -> Bool {
    guard head.tenant == tenant else { return false }
    switch head.kind {
    case .keys: return false
    case .log: return records != nil && head.times.overlaps(times)
    case .samples:
      let first = BlockTimes.nanoseconds(head.times.lowerBound)
      let last = BlockTimes.nanoseconds(head.times.upperBound)
      return series != nil && (first...last).overlaps(times)
    }
  }
}

extension StoredSeries {
  /// The series without its samples of those nanoseconds.
  fileprivate func without(_ gone: ClosedRange<Int64>) -> StoredSeries {
    var rest = StoredSeries(tenant: tenant, labels: labels, times: [], values: [])
    for (time, value) in zip(times, values) where !gone.contains(BlockTimes.nanoseconds(time)) {
      rest.times.append(time)
      rest.values.append(value)
    }
    return rest
  }
}
