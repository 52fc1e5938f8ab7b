/// Samples by column; each series by the number the store gave it.
package struct SampleColumns: Sendable, Equatable {
  package var numbers: [UInt32] = []
  /// Milliseconds since 1970.
  package var times: [Int64] = []
  /// With their exact bits.
  package var values: [Double] = []

  package init() {}

  /// Columns of one length.
  package init(numbers: [UInt32], times: [Int64], values: [Double]) {
    precondition(numbers.count == times.count && times.count == values.count)
    self.numbers = numbers
    self.times = times
    self.values = values
  }

  package var count: Int { numbers.count }
  package var isEmpty: Bool { numbers.isEmpty }

  /// Makes room for so many.
  package mutating func reserveCapacity(_ count: Int) {
    numbers.reserveCapacity(count)
    times.reserveCapacity(count)
    values.reserveCapacity(count)
  }

  /// Adds one sample.
  package mutating func append(_ number: UInt32, _ time: Int64, _ value: Double) {
    numbers.append(number)
    times.append(time)
    values.append(value)
  }

  /// Adds all samples of another.
  package mutating func append(_ other: SampleColumns) {
    numbers += other.numbers
    times += other.times
    values += other.values
  }

  /// Empties it; the room stays.
  package mutating func removeAll() {
    numbers.removeAll(keepingCapacity: true)
    times.removeAll(keepingCapacity: true)
    values.removeAll(keepingCapacity: true)
  }

  /// Only the samples whose time passes.
  package func filter(times keeps: (Int64) -> Bool) -> SampleColumns {
    if times.allSatisfy(keeps) { return self }
    var kept = SampleColumns()
    for (index, time) in times.enumerated() where keeps(time) {
      kept.append(numbers[index], time, values[index])
    }
    return kept
  }
}
