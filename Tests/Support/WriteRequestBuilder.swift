import Packing

/// Builds the bytes of remote write requests, right and wrong ones.
package struct WriteRequestBuilder {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package static func varint(_ value: UInt64) -> [UInt8] {
    var rest = value
    var bytes: [UInt8] = []
    while rest >= 128 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 128)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  package static func field(_ number: UInt64, _ content: [UInt8]) -> [UInt8] {
    varint(number << 3 | 2) + varint(UInt64(content.count)) + content
  }

  package static func label(_ name: String, _ value: String) -> [UInt8] {
    field(1, field(1, Array(name.utf8)) + field(2, Array(value.utf8)))
  }

  package static func sample(_ value: UInt64, _ time: Int64) -> [UInt8] {
    let bits = (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    return field(2, [0x09] + bits + [0x10] + varint(UInt64(bitPattern: time)))
  }

  package mutating func series(
    _ labels: [(String, String)], _ samples: [(Double, Int64)], extra: [UInt8] = []
  ) {
    let row =
      labels.flatMap { Self.label($0.0, $0.1) }
      + samples.flatMap { Self.sample($0.0.bitPattern, $0.1) } + extra
    bytes += Self.field(1, row)
  }

  package mutating func raw(_ more: [UInt8]) { bytes += more }

  package var packed: [UInt8] { Snappy.compress(bytes) }
}
