import Synchronization

/// What a look at every byte of the store found.
package struct ScrubReport: Sendable, Equatable {
  package var files = 0
  package var bytes = 0
  /// Blocks, frames and directories that are not what was written.
  package var damaged = 0
}

/// Reads all block files, a file at a time, and compares every checksum, so that silent damage to
/// rows nobody asks for is found while there is still a backup of them.
struct Scrubber {
  /// One block, by both its checksums. False when it is not what was written.
  static func isWhole(_ block: BlockEntry) -> Bool {
    switch block.head.kind {
    case .log: block.logBlock()?.isWhole ?? false
    case .samples: block.sampleBlock()?.isWhole ?? false
    case .keys: block.bytes().flatMap { KeyBlock.read($0.span) } != nil
    }
  }
}

extension Store {
  /// Checks the block file that was checked longest ago (or never) and returns what it found; nil
  /// when there is none. What is damaged is counted, and answers that need it say so.
  package func scrubNext() -> ScrubReport? {
    let files = contents.files
    let last = counts.withLock { $0.scrubbed }
    let numbers = files.keys.sorted()
    guard let number = numbers.first(where: { $0 > last }) ?? numbers.first,
      let file = files[number]
    else { return nil }
    counts.withLock { $0.scrubbed = number }
    var report = ScrubReport(files: 1, bytes: file.size)
    for head in file.blocks {
      let block = BlockEntry(head: head, file: file.file)
      if !Scrubber.isWhole(block) {
        damage.note(block)
        report.damaged += 1
      }
    }
    file.file.rest()
    return report
  }
}
