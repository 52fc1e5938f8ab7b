import Model

/// Groups that are put in order together, and the numbers of their columns and values among those
/// of all groups. Their bytes are lent for the time of a call.
struct LentGroups {
  /// A group among them.
  struct Source {
    let group: RecordGroup
    /// The group's bytes. All that is read through them was checked when the group was read.
    let bytes: ValueBytes
    /// Rows of the groups before it.
    let firstRow: Int
    /// By column; nil for a second one of a name, which only a damaged payload has.
    let numbers: [Int?]

    var base: UnsafePointer<UInt8> { bytes.base }
  }

  let sources: [Source]
  let rowCount: Int

  /// Lends groups, one inside the other: no more than `WaitingGroups` gathers.
  static func lend<Result>(
    _ groups: [WaitingGroups.Member], _ body: (LentGroups) -> Result
  ) -> Result {
    lend(groups[...], LentGroups(sources: [], rowCount: 0), body)
  }

  private static func lend<Result>(
    _ rest: ArraySlice<WaitingGroups.Member>, _ lent: LentGroups, _ body: (LentGroups) -> Result
  ) -> Result {
    guard let next = rest.first else { return body(lent) }
    return next.group.bytes.withUnsafeBufferPointer { bytes in
      // An empty group has no rows, and nothing is read of it.
      guard let base = bytes.baseAddress else { return lend(rest.dropFirst(), lent, body) }
      let source = Source(
        group: next.group, bytes: ValueBytes(base: base, count: bytes.count),
        firstRow: lent.rowCount, numbers: next.numbers)
      return lend(
        rest.dropFirst(),
        LentGroups(
          sources: lent.sources + [source], rowCount: lent.rowCount + next.group.rowCount), body)
    }
  }
}
