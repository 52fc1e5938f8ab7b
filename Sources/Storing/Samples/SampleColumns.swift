import Model
import Packing

/// The samples of a frame by column; series by their number.
struct SampleColumns: Sendable {
  var numbers: [UInt32] = []
  /// Milliseconds.
  var times: [Int64] = []
  var values: [Double] = []

  init() {}

  /// The samples of a batch whose series have these numbers.
  init(_ batch: Batch, numbers: [UInt32]) {
    self.numbers = batch.samples.map { numbers[Int($0.series)] }
    times = batch.samples.map(\.time)
    values = batch.samples.map(\.value)
  }

  var count: Int { numbers.count }

  mutating func append(_ number: UInt32, _ time: Int64, _ value: Double) {
    numbers.append(number)
    times.append(time)
    values.append(value)
  }

  mutating func append(_ other: SampleColumns) {
    numbers += other.numbers
    times += other.times
    values += other.values
  }

  /// Empties it; the room stays.
  mutating func removeAll() {
    numbers.removeAll(keepingCapacity: true)
    times.removeAll(keepingCapacity: true)
    values.removeAll(keepingCapacity: true)
  }
}

/// The samples of a frame as bytes; FORMAT.md has it byte by byte.
enum SamplePayload {
  /// The payload, and the series it uses, each once.
  static func pack(_ columns: SampleColumns) -> (bytes: [UInt8], series: [UInt32]) {
    var writer = NumberWriter(capacity: columns.count * 14 + 64)
    writer.put(UInt32(truncatingIfNeeded: columns.count))
    writer.put(near: columns.times)
    writer.put(columns.numbers)
    writer.put(columns.values.map(\.bitPattern))
    let packed = LZ4.compress(writer.bytes)
    var payload = LayoutWriter(capacity: packed.count + 4)
    payload.put(UInt32(truncatingIfNeeded: writer.bytes.count))
    payload.put(packed)
    return (payload.bytes, distinct(columns.numbers))
  }

  private static func distinct(_ numbers: [UInt32]) -> [UInt32] {
    let isAscending = zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }
    return isAscending ? numbers : Array(Set(numbers))
  }

  /// Reads a payload; nil when it is not one.
  static func unpack(_ payload: Span<UInt8>) -> SampleColumns? {
    var head = LayoutReader(payload)
    guard let size = head.take(UInt32.self), size <= UInt32(Frame.longestPayload),
      let bytes = try? LZ4.decompress(
        payload.extracting(head.position..<payload.count), size: Int(size))
    else { return nil }
    var reader = NumberReader(bytes.span)
    guard let count = reader.take(UInt32.self, 1)?.first.map({ Int($0) }),
      let times = reader.near(count), let numbers = reader.take(UInt32.self, count),
      let bits = reader.take(UInt64.self, count)
    else { return nil }
    var columns = SampleColumns()
    columns.times = times
    columns.numbers = numbers
    columns.values = bits.map { Double(bitPattern: $0) }
    return columns
  }
}
