package import Model
import Bytes
import Packing
import Synchronization

/// Whose series it is, and its labels.
struct SeriesIdentity: Hashable, Sendable {
  let tenant: ByteString
  let labels: Labels
}

/// A series and its number in this process.
struct NumberedSeries: Sendable {
  let number: UInt32
  let identity: SeriesIdentity
}

/// Gives every series of this process a number, from 1, and knows it again: by what it is, and by
/// what a sender wrote of it. A number is never used twice.
package final class SeriesTable: SeriesDirectory {
  /// What the lock guards.
  private struct State {
    var numbers: [SeriesIdentity: UInt32] = [:]
    var fingerprints = FingerprintTable()
    var identities: [SeriesIdentity] = []
    /// The numbers of each metric's series, ascending.
    var metrics: [ByteString: [UInt32]] = [:]

    mutating func number(_ identity: SeriesIdentity) -> UInt32 {
      if let number = numbers[identity] { return number }
      identities.append(identity)
      let number = UInt32(truncatingIfNeeded: identities.count)
      numbers[identity] = number
      metrics[identity.labels[Labels.metricName] ?? .empty, default: []].append(number)
      return number
    }
  }

  /// Senders' spellings remembered; when there are more, all are learned anew.
  private static let mostFingerprints = 2_000_000

  private let state = Mutex(State())

  package func numbers(of fingerprints: [Fingerprint]) -> [UInt32] {
    state.withLock { $0.fingerprints.numbers(of: fingerprints) }
  }

  /// The number of each series of a batch; new ones, and their fingerprints, are learned.
  func resolve(_ batch: Batch) -> [UInt32] {
    state.withLock { state in
      batch.series.indices.map { index in
        let row = batch.series[index]
        if row.id != 0 { return row.id }
        let number = state.number(
          SeriesIdentity(
            tenant: batch.string(row.tenant), labels: batch.labels(ofSeries: index)))
        if row.fingerprint != .none {
          if state.fingerprints.count >= Self.mostFingerprints { state.fingerprints.removeAll() }
          state.fingerprints.insert(number, row.fingerprint)
        }
        return number
      }
    }
  }

  /// What a number stands for.
  func identity(_ number: UInt32) -> SeriesIdentity? {
    state.withLock { state in
      let index = Int(number) - 1
      return state.identities.indices.contains(index) ? state.identities[index] : nil
    }
  }

  /// All series so far; the number of the first is 1.
  var identities: [SeriesIdentity] { state.withLock { $0.identities } }

  /// The series of a metric, or all of them when none is named.
  func series(of metric: ByteString?) -> [NumberedSeries] {
    state.withLock { state in
      guard let metric else {
        return state.identities.enumerated().map { place, identity in
          NumberedSeries(number: UInt32(truncatingIfNeeded: place + 1), identity: identity)
        }
      }
      return (state.metrics[metric] ?? []).map { number in
        NumberedSeries(number: number, identity: state.identities[Int(number) - 1])
      }
    }
  }

  var count: Int { state.withLock { $0.identities.count } }

  /// Descriptions of those series, for a segment that uses their numbers.
  func definitions(of numbers: [UInt32]) -> [UInt8] {
    var writer = LayoutWriter(capacity: numbers.count * 200)
    state.withLock { state in
      for number in numbers {
        let index = Int(number) - 1
        guard state.identities.indices.contains(index) else { continue }
        SeriesDefinition.write(number, state.identities[index], to: &writer)
      }
    }
    let packed = LZ4.compress(writer.bytes)
    var definitions = LayoutWriter(capacity: packed.count + 4)
    definitions.put(UInt32(truncatingIfNeeded: writer.bytes.count))
    definitions.put(packed)
    return definitions.bytes
  }

  /// Learns the series an earlier process described; returns its numbers and ours.
  func learn(_ definitions: Span<UInt8>) -> [UInt32: UInt32] {
    guard let described = SeriesDefinition.read(definitions) else { return [:] }
    return state.withLock { state in
      var numbers: [UInt32: UInt32] = [:]
      for (number, identity) in described { numbers[number] = state.number(identity) }
      return numbers
    }
  }
}

/// A series and its number, as segments describe it.
enum SeriesDefinition {
  static func write(_ number: UInt32, _ identity: SeriesIdentity, to writer: inout LayoutWriter) {
    writer.put(number)
    writer.put(UInt8(truncatingIfNeeded: identity.tenant.count))
    writer.put(identity.tenant.bytes.prefix(Int(UInt8.max)))
    writer.put(UInt16(truncatingIfNeeded: identity.labels.pairs.count))
    for label in identity.labels.pairs {
      writer.put(UInt16(truncatingIfNeeded: label.name.count))
      writer.put(UInt16(truncatingIfNeeded: label.value.count))
      writer.put(label.name.bytes)
      writer.put(label.value.bytes)
    }
  }

  /// Nil when the bytes are no definitions.
  static func read(_ definitions: Span<UInt8>) -> [(UInt32, SeriesIdentity)]? {
    var head = LayoutReader(definitions)
    guard let size = head.take(UInt32.self), size <= UInt32(Frame.longestPayload),
      let bytes = try? LZ4.decompress(
        definitions.extracting(head.position..<definitions.count), size: Int(size))
    else { return nil }
    var reader = LayoutReader(bytes.span)
    var described: [(UInt32, SeriesIdentity)] = []
    while reader.remaining > 0 {
      guard let number = reader.take(UInt32.self), let tenantSize = reader.take(UInt8.self),
        let tenant = reader.take(count: Int(tenantSize)), let count = reader.take(UInt16.self)
      else { return nil }
      var labels: [Label] = []
      for _ in 0..<count {
        guard let nameSize = reader.take(UInt16.self), let valueSize = reader.take(UInt16.self),
          let name = reader.take(count: Int(nameSize)),
          let value = reader.take(count: Int(valueSize))
        else { return nil }
        labels.append(Label(ByteString(name), ByteString(value)))
      }
      described.append(
        (number, SeriesIdentity(tenant: ByteString(tenant), labels: Labels(sorted: labels))))
    }
    return described
  }
}
