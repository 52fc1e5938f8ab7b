import Bytes
import Decoding
import Model

/// When all frames of the tests come: 2026-11-23T10:00:00Z.
let receivedAt: Int64 = 1_795_428_000 * Instant.second

/// A batch as text that a reader can check by eye.
enum Rendering {
  static func text(of batch: Batch) -> String {
    var lines: [String] = []
    for record in batch.records { lines.append(contentsOf: self.lines(of: record, batch)) }
    for sample in batch.samples { lines.append(line(of: sample, batch)) }
    if let folded = batch.foldedRows, folded > 0 { lines.append("folded \(folded)") }
    lines.append(contentsOf: faults(batch.faults))
    return lines.joined(separator: "\n") + "\n"
  }

  private static func lines(of record: Record, _ batch: Batch) -> [String] {
    let time = record.time == receivedAt ? "received" : Instant.text(record.time)
    var lines = ["record \(time) \(record.level.name.text)"]
    let parts: [(String, Slice)] = [
      ("tenant", record.tenant), ("release", record.release), ("service", record.service),
      ("environment", record.environment), ("host", record.host), ("logger", record.logger),
    ]
    for (name, slice) in parts where !slice.isEmpty {
      lines.append("  \(name): \(visible(batch.string(slice)))")
    }
    lines.append("  message: \(visible(batch.string(record.message)))")
    for field in batch.fields[record.fields] {
      let value = visible(batch.string(field.value))
      lines.append("    \(visible(batch.string(field.name))) = \(value) (\(field.kind))")
    }
    return lines
  }

  private static func line(of sample: Sample, _ batch: Batch) -> String {
    let labels = batch.labels(ofSeries: Int(sample.series))
    let row = batch.series[Int(sample.series)]
    let name = labels[Labels.metricName].map(visible) ?? ""
    let pairs = labels.pairs.filter { $0.name != Labels.metricName }
      .map { "\(visible($0.name))=\"\(visible($0.value))\"" }.joined(separator: ",")
    let tenant = row.tenant.isEmpty ? "" : " tenant=\(visible(batch.string(row.tenant)))"
    let isOddNaN = sample.value.isNaN && sample.value.bitPattern != Double.nan.bitPattern
    let bits = isOddNaN ? " bits=0x\(String(sample.value.bitPattern, radix: 16))" : ""
    let time = sample.time.multiplied(by: Instant.millisecond).map(Instant.text) ?? "never"
    return "sample \(time) \(name){\(pairs)} \(Numbers.text(sample.value))\(bits)\(tenant)"
  }

  static func faults(_ tally: FaultTally) -> [String] {
    tally.entries.sorted { $0.key.rawValue < $1.key.rawValue }.map { reason, entry in
      let detail = entry.first.detail.isEmpty ? "" : ": \(entry.first.detail)"
      let sample = entry.first.sample.isEmpty ? "" : " «\(visible(entry.first.sample))»"
      return "refused \(entry.count) \(reason.rawValue)\(detail)\(sample)"
    }
  }

  /// UTF-8 as it is, with line ends and control characters escaped, other bytes as `\xNN`.
  static func visible(_ bytes: ByteString) -> String {
    var text = ""
    var index = 0
    while index < bytes.count {
      let byte = bytes.bytes[index]
      let length = UTF8Check.sequenceLength(bytes.bytes.span, at: index)
      switch byte {
      case 10: text += "\\n"
      case 9: text += "\\t"
      case 13: text += "\\r"
      case 92: text += "\\\\"
      case 0..<32, 127: text += hex(byte)
      case _ where length == 0: text += hex(byte)
      default:
        text += String(decoding: bytes.bytes[index..<(index + length)], as: UTF8.self)
        index += length - 1
      }
      index += 1
    }
    return text.hasSuffix(" ") ? text + "␠" : text
  }

  private static func hex(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return "\\x" + (digits.count < 2 ? "0" : "") + digits
  }
}
