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
    var writtenOut = 0
  }

  /// Rows are numbered with 16 bits.
  private static let mostRows = 65_536
  private static let mostGroups = 64
  private static let mostBytes = 32 << 20
  /// Coded values become plain beside plain ones, when they are not more than this.
  private static let mostWrittenOut = 1 << 20

  private(set) var members: [Member] = []
  private var rowCount = 0
  private var byteCount = 0
  /// By number of the column.
  private var kinds: [Int: Kinds] = [:]

  /// Whether one more group can be put in order with those that wait; the first always can.
  func admits(_ member: Member) -> Bool {
    if members.isEmpty { return true }
    let group = member.group
    guard members.count < Self.mostGroups, rowCount + group.rowCount <= Self.mostRows,
      byteCount + group.bytes.count <= Self.mostBytes
    else { return false }
    for (column, number) in zip(group.columns, member.numbers) {
      guard let number else { continue }
      let sum = Self.sum(kinds[number] ?? Kinds(), column)
      if sum.hasPlain, sum.writtenOut > Self.mostWrittenOut { return false }
    }
    return true
  }

  mutating func add(_ member: Member) {
    members.append(member)
    rowCount += member.group.rowCount
    byteCount += member.group.bytes.count
    for (column, number) in zip(member.group.columns, member.numbers) {
      guard let number else { continue }
      kinds[number] = Self.sum(kinds[number] ?? Kinds(), column)
    }
  }

  private static func sum(_ kinds: Kinds, _ column: PackedColumn) -> Kinds {
    var sum = kinds
    switch column.values {
    case .plain: sum.hasPlain = true
    case .coded(let packed):
      let longest = packed.values.reduce(0) { max($0, Int($1.count)) }
      sum.writtenOut += longest * column.count
    }
    return sum
  }
}
