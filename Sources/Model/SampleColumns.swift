/// Samples by column; each series by the number the store gave it.
public struct SampleColumns: Sendable, Equatable {
  public var numbers: [UInt32] = []
  /// Milliseconds since 1970.
  public var times: [Int64] = []
  /// With their exact bits.
  public var values: [Double] = []

  public init() {}

  /// Columns of one length.
  public init(numbers: [UInt32], times: [Int64], values: [Double]) {
    precondition(numbers.count == times.count && times.count == values.count)
    self.numbers = numbers
    self.times = times
    self.values = values
  }

  public var count: Int { numbers.count }
  public var isEmpty: Bool { numbers.isEmpty }

  /// Makes room for so many.
  public mutating func reserveCapacity(_ count: Int) {
    numbers.reserveCapacity(count)
    times.reserveCapacity(count)
    values.reserveCapacity(count)
  }

  /// Adds one sample.
  public mutating func append(_ number: UInt32, _ time: Int64, _ value: Double) {
    numbers.append(number)
    times.append(time)
    values.append(value)
  }

  /// Adds all samples of another.
  public mutating func append(_ other: SampleColumns) {
    numbers += other.numbers
    times += other.times
    values += other.values
  }

  /// Empties it; the room stays.
  public mutating func removeAll() {
    numbers.removeAll(keepingCapacity: true)
    times.removeAll(keepingCapacity: true)
    values.removeAll(keepingCapacity: true)
  }

  /// Only the samples whose time passes.
  public func filter(times keeps: (Int64) -> Bool) -> SampleColumns {
    if times.allSatisfy(keeps) { return self }
    var kept = SampleColumns()
    for (index, time) in times.enumerated() where keeps(time) {
      kept.append(numbers[index], time, values[index])
    }
    return kept
  }
}
