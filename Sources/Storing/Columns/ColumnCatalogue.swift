import Model

/// The columns of all groups, and the values that have codes in them.
final class ColumnCatalogue {
  private var numbers: [ColumnKey: Int] = [:]
  private(set) var keys: [ColumnKey] = []
  private(set) var values: [ColumnValueTable] = []

  /// The last group that had each of them.
  private var lastGroups: [Int] = []
  private var groupCount = 0

  /// The numbers of the columns of a further group; nil for a second one of a name, which only a
  /// damaged payload has and which is left out.
  func numbers(of columns: [PackedColumn]) -> [Int?] {
    groupCount += 1
    return columns.map { number(of: $0.key) }
  }

  private func number(of key: ColumnKey) -> Int? {
    if let number = numbers[key] {
      if lastGroups[number] == groupCount { return nil }
      lastGroups[number] = groupCount
      return number
    }
    numbers[key] = keys.count
    keys.append(key)
    lastGroups.append(groupCount)
    values.append(ColumnValueTable())
    return keys.count - 1
  }

  /// The numbers of a group's distinct values of a column.
  func merge(_ slices: [Slice], _ bytes: ValueBytes, of number: Int) -> [UInt32] {
    values[number].merged.codes(of: slices, bytes)
  }
}

/// The distinct values of a column.
final class ColumnValueTable {
  var merged = MergedValues()
}
