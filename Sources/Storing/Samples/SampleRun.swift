import Model

/// Samples in order of their series' numbers, and within a series in the order they came in.
struct SampleRun: Sendable {
  /// Each number that has samples, ascending, and where they begin; one more start ends the last.
  let numbers: [UInt32]
  private let starts: [Int32]
  /// Milliseconds.
  private let times: [Int64]
  private let values: [Double]
  let earliest: Int64

  /// The samples of `columns`, but for those of number 0, which no series has.
  init(_ columns: SampleColumns) {
    precondition(columns.numbers.count == columns.times.count)
    precondition(columns.numbers.count == columns.values.count)
    let order = Self.order(of: columns.numbers)
    var numbers: [UInt32] = []
    var starts: [Int32] = []
    var last: UInt32 = 0
    for (place, index) in order.enumerated() {
      let number = columns.numbers[Int(index)]
      if number == last { continue }
      last = number
      numbers.append(number)
      starts.append(Int32(truncatingIfNeeded: place))
    }
    starts.append(Int32(truncatingIfNeeded: order.count))
    self.numbers = numbers
    self.starts = starts
    times = Self.gather(columns.times, order)
    values = Self.gather(columns.values, order)
    earliest = times.min() ?? .max
  }

  private static func gather<Element: BitwiseCopyable>(
    _ elements: [Element], _ order: [Int32]
  ) -> [Element] {
    // Lent for the call.
    elements.withUnsafeBufferPointer { elements in
      [Element](unsafeUninitializedCapacity: order.count) { target, count in
        // The order has places of elements, as many as there is room for.
        for index in order {
          target[count] = elements[Int(index)]
          count &+= 1
        }
      }
    }
  }

  /// The places of the samples by number, a stable order. Numbers are dense in a process that lives
  /// long, so that counting them costs less than comparing.
  private static func order(of numbers: [UInt32]) -> [Int32] {
    guard let most = numbers.max() else { return [] }
    guard Int(most) <= numbers.count * 8 + 1_024 else {
      return numbers.indices.filter { numbers[$0] != 0 }
        .sorted { (numbers[$0], $0) < (numbers[$1], $1) }
        .map { Int32(truncatingIfNeeded: $0) }
    }
    var next = [Int32](repeating: 0, count: Int(most) + 2)
    for number in numbers where number != 0 { next[Int(number) + 1] += 1 }
    for place in 1..<next.count { next[place] += next[place - 1] }
    var order = [Int32](repeating: 0, count: Int(next[next.count - 1]))
    for (index, number) in numbers.enumerated() where number != 0 {
      order[Int(next[Int(number)])] = Int32(truncatingIfNeeded: index)
      next[Int(number)] += 1
    }
    return order
  }

  var count: Int { times.count }

  /// Copies the times of a range of samples to where there is room for them.
  func copyTimes(_ range: Range<Int>, to target: UnsafeMutableBufferPointer<Int64>, at place: Int) {
    Self.copy(times, range, to: target, at: place)
  }

  /// Copies the values of a range of samples to where there is room for them.
  func copyValues(
    _ range: Range<Int>, to target: UnsafeMutableBufferPointer<Double>, at place: Int
  ) {
    Self.copy(values, range, to: target, at: place)
  }

  private static func copy<Element: BitwiseCopyable>(
    _ elements: [Element], _ range: Range<Int>, to target: UnsafeMutableBufferPointer<Element>,
    at place: Int
  ) {
    precondition(range.lowerBound >= 0 && range.upperBound <= elements.count)
    precondition(place >= 0 && range.count <= target.count - place)
    guard !range.isEmpty else { return }
    elements.withUnsafeBufferPointer { elements in
      // Both ranges were just found to be there.
      guard let source = elements.baseAddress, let start = target.baseAddress else { return }
      // Mostly a run has one sample of a series, which is no work for a call.
      if range.count == 1 {
        start[place] = source[range.lowerBound]
      } else {
        (start + place).update(from: source + range.lowerBound, count: range.count)
      }
    }
  }

  /// Where the samples of a series are.
  func range(of number: UInt32) -> Range<Int> {
    guard let first = numbers.first, number >= first else { return 0..<0 }
    // Mostly every series has samples, and then its place is known.
    var low = Int(number - first)
    if low < numbers.count, numbers[low] == number {
      return Int(starts[low])..<Int(starts[low + 1])
    }
    var high = min(low, numbers.count)
    low = 0
    while low < high {
      let middle = low + (high - low) / 2
      if numbers[middle] < number { low = middle + 1 } else { high = middle }
    }
    guard low < numbers.count, numbers[low] == number else { return 0..<0 }
    return Int(starts[low])..<Int(starts[low + 1])
  }

  /// The same without samples older than `time`.
  func without(before time: Int64) -> SampleRun {
    var kept = SampleColumns()
    for (place, number) in numbers.enumerated() {
      for index in Int(starts[place])..<Int(starts[place + 1]) where times[index] >= time {
        kept.append(number, times[index], values[index])
      }
    }
    return SampleRun(kept)
  }
}
