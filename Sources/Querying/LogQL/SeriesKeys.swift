import Bytes
import Model

/// Gives each row the number of its series. Labels are only made for a series that is new, unless
/// a stage has changed the row's.
struct SeriesKeys {
  private(set) var labels: [Labels] = []
  private var byLabels: [Labels: Int] = [:]
  /// Series by stream and the values of the fields that join, or by the values that are grouped
  /// by.
  private var byBytes: [[UInt8]: Int] = [:]
  /// Series by stream, where nothing joins.
  private var byPhase: [Int] = []
  /// Whether the records of a stream were pushed, nil for one not met: then all fields join.
  private var isPushed: [Bool?] = []
  private var scratch: [UInt8] = []
  private let grouping: Grouping?
  private let joined: [ByteString]

  /// With a grouping, the labels of a series are those of its group.
  init(grouping: Grouping?, joining joined: [ByteString]) {
    self.grouping = grouping
    self.joined = joined
  }

  /// The number of the row's series; `phase` is the row's stream.
  mutating func index(of row: LogRow, phase: Int, in batch: Batch) -> Int {
    if let grouping, !grouping.isWithout {
      scratch.removeAll(keepingCapacity: true)
      for name in grouping.labels { append(row, name, batch) }
      return byBytes[scratch] ?? insert(row, batch, bytes: true)
    }
    guard row.isPlain, !hasMetadata(row, phase, batch) else {
      return insert(row, batch, bytes: false)
    }
    if joined.isEmpty {
      while byPhase.count <= phase { byPhase.append(-1) }
      if byPhase[phase] < 0 { byPhase[phase] = insert(row, batch, bytes: false) }
      return byPhase[phase]
    }
    scratch.removeAll(keepingCapacity: true)
    append(number: phase)
    for name in joined { append(row, name, batch) }
    return byBytes[scratch] ?? insert(row, batch, bytes: true)
  }

  /// Whether fields of the row join its labels without being named.
  private mutating func hasMetadata(_ row: LogRow, _ phase: Int, _ batch: Batch) -> Bool {
    while isPushed.count <= phase { isPushed.append(nil) }
    if let known = isPushed[phase] { return known && row.record.fieldCount > 1 }
    isPushed[phase] = batch.streamLabels(of: row.record) != nil
    return isPushed[phase] == true && row.record.fieldCount > 1
  }

  private mutating func append(number: Int) {
    withUnsafeBytes(of: Int64(number)) { scratch.append(contentsOf: $0) }
  }

  private mutating func append(_ row: LogRow, _ name: ByteString, _ batch: Batch) {
    switch row.value(name, in: batch) {
    case .missing: append(number: 0)
    case .own(let text):
      append(number: text.count)
      scratch += text.bytes
    case .field(let field):
      let bytes = batch.bytes(field.value)
      append(number: bytes.count)
      bytes.withUnsafeBufferPointer { scratch.append(contentsOf: $0) }
    }
  }

  private mutating func insert(_ row: LogRow, _ batch: Batch, bytes: Bool) -> Int {
    var own = row.labels(joining: joined, in: batch)
    if let grouping { own = grouping.key(of: own) }
    let index: Int
    if let known = byLabels[own] {
      index = known
    } else {
      index = labels.count
      labels.append(own)
      byLabels[own] = index
    }
    if bytes { byBytes[scratch] = index }
    return index
  }
}
