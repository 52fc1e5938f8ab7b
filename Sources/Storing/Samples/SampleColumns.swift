import Model
import Packing

extension SampleColumns {
  /// The samples of a batch: those of series it describes, which have these numbers, and those of
  /// series that were known.
  init(_ batch: Batch, numbers: [UInt32]) {
    if batch.samples.isEmpty {
      self = batch.known
      return
    }
    self.init(
      numbers: batch.samples.map { numbers[Int($0.series)] }, times: batch.samples.map(\.time),
      values: batch.samples.map(\.value))
    append(batch.known)
  }

  /// The first and the last time; nil without samples.
  var timeRange: ClosedRange<Int64>? {
    guard var first = times.first else { return nil }
    var last = first
    for time in times {
      first = min(first, time)
      last = max(last, time)
    }
    return first...last
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
    writer.put(columns.values)
    let packed = LZ4.compress(writer.bytes)
    var payload = LayoutWriter(capacity: packed.count + 4)
    payload.put(UInt32(truncatingIfNeeded: writer.bytes.count))
    payload.put(packed)
    return (payload.bytes, distinct(columns.numbers))
  }

  private static func distinct(_ numbers: [UInt32]) -> [UInt32] {
    var last: UInt32 = 0
    for number in numbers {
      if number <= last { return Array(Set(numbers)) }
      last = number
    }
    return numbers
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
