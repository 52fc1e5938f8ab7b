import Bytes
import Model
import Packing

/// The body of a Prometheus remote-write request, version 1: the `WriteRequest` message of
/// prometheus/prompb/remote.proto in protobuf's wire format, packed with snappy.
package enum RemoteWriteBody {
  /// Packs samples; those with equal labels share one series, in their given order.
  package static func encode(_ samples: [SimulatedSample]) -> [UInt8] {
    Snappy.compress(message(samples))
  }

  private static func message(_ samples: [SimulatedSample]) -> [UInt8] {
    var places: [Labels: Int] = [:]
    var series: [[UInt8]] = []
    for sample in samples {
      let place: Int
      if let known = places[sample.labels] {
        place = known
      } else {
        place = series.count
        places[sample.labels] = place
        series.append(encodeLabels(sample.labels))
      }
      appendField(2, encodeSample(sample), to: &series[place])
    }
    var body: [UInt8] = []
    for part in series { appendField(1, part, to: &body) }
    return body
  }

  private static func encodeLabels(_ labels: Labels) -> [UInt8] {
    var bytes: [UInt8] = []
    for pair in labels.pairs {
      var label: [UInt8] = []
      appendField(1, pair.name.bytes, to: &label)
      appendField(2, pair.value.bytes, to: &label)
      appendField(1, label, to: &bytes)
    }
    return bytes
  }

  private static func encodeSample(_ sample: SimulatedSample) -> [UInt8] {
    // Field 1 is a 64-bit value (wire type 1), field 2 a varint (wire type 0).
    var bytes: [UInt8] = [1 << 3 | 1]
    var bits = sample.value.bitPattern
    for _ in 0..<8 {
      bytes.append(UInt8(truncatingIfNeeded: bits))
      bits >>= 8
    }
    bytes.append(2 << 3)
    appendVarint(UInt64(bitPattern: sample.milliseconds), to: &bytes)
    return bytes
  }

  /// A length-delimited field (wire type 2).
  private static func appendField(_ number: UInt64, _ part: [UInt8], to bytes: inout [UInt8]) {
    appendVarint(number << 3 | 2, to: &bytes)
    appendVarint(UInt64(part.count), to: &bytes)
    bytes.append(contentsOf: part)
  }

  private static func appendVarint(_ value: UInt64, to bytes: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }
}
