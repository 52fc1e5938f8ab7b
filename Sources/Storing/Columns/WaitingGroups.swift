import Model

/// Groups that wait to be put in order together: the more there are, the fewer runs of rows a
/// tenant has, each of which costs something in every column.
struct WaitingGroups {
  /// A group, and the numbers of its columns among those of all groups.
  struct Member {
    let group: RecordGroup
    let numbers: [Int?]
  }

  /// What the groups have of a column.
  private struct Kinds {
    var hasPlain = false
    /// How many bytes its coded values have at most, each written out for its row.
    var codedBytes = 0

    /// Bytes of codes that become texts, because other groups have texts.
    var writtenOut: Int { hasPlain ? codedBytes : 0 }

    mutating func add(_ column: PackedColumn) {
      switch column.values {
      case .plain: hasPlain = true
      case .coded(let packed):
        let longest = packed.values.reduce(0) { max($0, Int($1.count)) }
        codedBytes += longest * column.count
      }
    }
  }

  /// Rows are numbered with 16 bits.
  private static let mostRows = 65_536
  private static let mostGroups = 64
  private static let mostBytes = 32 << 20
  /// Coded values become texts beside texts, when they are not more than this together.
  private static let mostWrittenOut = 4 << 20
  /// Each column has two bytes for each row of all groups. Groups of other columns may wait
  /// together until these are half as many again as each alone would have, and so many more.
  private static let spareCells = 256 << 10

  private(set) var members: [Member] = []
  private var rowCount = 0
  private var byteCount = 0
  /// By number of the column.
  private var kinds: [Int: Kinds] = [:]
  private var writtenOut = 0
  /// Columns times rows of each group alone.
  private var ownCells = 0

  /// Adds a group if it can be put in order with those that wait; the first always can.
  mutating func admit(_ member: Member) -> Bool {
    let rows = rowCount + member.group.rowCount
    let bytes = byteCount + member.group.bytes.count
    guard
      members.isEmpty
        || (members.count < Self.mostGroups && rows <= Self.mostRows && bytes <= Self.mostBytes)
    else { return false }
    var changed: [Int: Kinds] = [:]
    var newColumns = 0
    var written = writtenOut
    for (column, number) in zip(member.group.columns, member.numbers) {
      guard let number else { continue }
      if kinds[number] == nil { newColumns += 1 }
      var own = kinds[number] ?? Kinds()
      written -= own.writtenOut
      own.add(column)
      written += own.writtenOut
      changed[number] = own
    }
    let cells = ownCells + changed.count * member.group.rowCount
    let together = (kinds.count + newColumns) * rows
    guard
      members.isEmpty
        || (written <= Self.mostWrittenOut && together <= cells * 3 / 2 + Self.spareCells)
    else { return false }
    members.append(member)
    (rowCount, byteCount, writtenOut, ownCells) = (rows, bytes, written, cells)
    kinds.merge(changed) { $1 }
    return true
  }
}
