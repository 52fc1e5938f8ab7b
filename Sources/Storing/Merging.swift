import Bytes
import Model

/// Which block files are merged: when so many of about one size follow one another in age, they
/// become one of the next size. Each row is then written about once for each size.
enum MergePlan {
  /// Files of one size that are merged.
  static let width = 8
  /// A file up to this size is of the first; each next size is `width` times larger.
  static let smallest = 8 << 20
  /// Files of this size are left alone.
  static let largest = 512 << 20

  /// The files to merge next, oldest first; empty when there is nothing to do. None between them in
  /// age is left out: what is merged counts as one age, and the last written sample must win.
  static func choose(_ files: [Int: Contents.BlockFile]) -> [Int] {
    let ordered = files.values.sorted { age($0) < age($1) }
    var limit = smallest
    while true {
      var run: [Int] = []
      for file in ordered {
        if file.size > limit || file.size >= largest {
          run = []
          continue
        }
        run.append(file.file.number)
        if run.count == width { return run }
      }
      if limit >= largest { return [] }
      limit *= width
    }
  }

  /// Ids ascend with age, and a block of samples keeps its own when its file is written anew.
  private static func age(_ file: Contents.BlockFile) -> UInt64 {
    let samples = file.blocks.lazy.filter { $0.kind == .samples }.map(\.id)
    return samples.max() ?? UInt64(file.file.number) << 24
  }
}

extension Compactor {
  /// A block with this share of the rows it could have is left as it is: larger ones are hardly
  /// smaller by the row, and each time a row is written anew costs as much as its first.
  private static let fullShare = 16

  /// Merges one set of small files; false when there is none.
  mutating func mergeSmallest() throws -> Bool {
    let numbers = MergePlan.choose(contents.files)
    guard !numbers.isEmpty else { return false }
    let files = contents.files
    let merged = numbers.compactMap { files[$0] }
    let sealed = try present(merged.flatMap(\.sealed), in: "/segments")
    try write(sealed: sealed, replaced: numbers) { compactor, writer in
      let blocks = merged.flatMap { file in
        file.blocks.map { BlockEntry(head: $0, file: file.file) }
      }
      for tenant in Set(blocks.map(\.head.tenant)).sorted() {
        let own = blocks.filter { $0.head.tenant == tenant }
        try compactor.merge(own.filter { $0.head.kind == .log }, of: tenant, to: &writer)
        try compactor.mergeSamples(
          own.filter { $0.head.kind == .samples }, of: tenant, to: &writer)
        for block in own where block.head.kind == .keys { try compactor.copy(block, to: &writer) }
      }
    }
    return true
  }

  /// Puts the rows of small log blocks together; a full one is copied as it is.
  private mutating func merge(
    _ blocks: [BlockEntry], of tenant: ByteString, to writer: inout BlockFileWriter
  ) throws {
    var rows = 0
    var waiting = TenantGathering()
    for block in blocks.sorted(by: { $0.head.times.lowerBound < $1.head.times.lowerBound }) {
      if block.head.rows >= RowLimit().rows / Self.fullShare {
        try copy(block, to: &writer)
        continue
      }
      guard let batch = try block.checkedLogBlock()?.batch() else {
        try setAside(block)
        continue
      }
      try gather(batch, in: &waiting, to: &writer)
      rows += block.head.rows
      if rows >= RowLimit().rows {
        try append(&waiting, to: &writer)
        waiting = TenantGathering()
        rows = 0
      }
    }
    try append(&waiting, to: &writer)
  }

  private mutating func mergeSamples(
    _ blocks: [BlockEntry], of tenant: ByteString, to writer: inout BlockFileWriter
  ) throws {
    guard blocks.count > 1 else {
      for block in blocks { try copy(block, to: &writer) }
      return
    }
    var merging = SeriesMerging()
    for block in blocks.sorted(by: { $0.head.id < $1.head.id }) {
      guard let reader = try block.checkedSampleBlock() else {
        try setAside(block)
        continue
      }
      let all = try reader.read(metric: nil, from: .min, through: .max) { _ in true }
      merging.add(all, isOrdered: reader.isOrdered)
    }
    try append(merging.series, of: tenant, as: blocks.map(\.head.id).max(), to: &writer)
  }
}
