import Bytes
import Model
import Packing

/// A sample block's index, unpacked, and its groups, packed. Keep it: the index costs the most.
final class SampleBlockReader: Sendable {
  /// A series and where its samples are.
  private struct Series: Sendable {
    let labels: Labels
    let list: Int
    let group: Int
  }

  /// Where a part lies.
  private struct Part: Sendable {
    let first: Int
    let range: Range<Int>
    let size: Int
    let checksum: UInt64
  }

  private let tenant: ByteString
  private let bytes: [UInt8]
  private let groups: [Part]
  private let series: [Series]
  private let lists: [[Int64]]
  /// The series of each metric: in order of labels, of which its name is the first but for names
  /// that bytes below `_` begin.
  private let metrics: [ByteString: [Range<Int>]]
  /// Whether the series of any selection are in order of labels.
  let isOrdered: Bool

  /// Nil when the bytes are not the block of that tenant and number.
  init?(_ bytes: [UInt8], tenant: ByteString, blockID: UInt64) {
    guard let (parts, count) = Self.head(bytes, tenant, blockID), let index = parts.first,
      let unpacked = Self.unpack(bytes, index),
      let (series, lists) = Self.index(unpacked.span, count, Array(parts.dropFirst()))
    else { return nil }
    self.tenant = tenant
    self.bytes = bytes
    groups = Array(parts.dropFirst())
    self.series = series
    self.lists = lists
    var metrics: [ByteString: [Range<Int>]] = [:]
    var start = 0
    for place in series.indices {
      let name = series[place].labels[Labels.metricName]
      if place + 1 < series.count, series[place + 1].labels[Labels.metricName] == name { continue }
      metrics[name ?? .empty, default: []].append(start..<(place + 1))
      start = place + 1
    }
    self.metrics = metrics
    isOrdered = series.indices.dropFirst().allSatisfy {
      series[$0 - 1].labels < series[$0].labels
    }
  }

  private static func head(
    _ bytes: [UInt8], _ tenant: ByteString, _ blockID: UInt64
  ) -> (parts: [Part], series: Int)? {
    var reader = LayoutReader(bytes.span)
    guard reader.take(UInt32.self) == SampleBlockLayout.magic,
      reader.take(UInt8.self) == SampleBlockLayout.version,
      let tenantSize = reader.take(UInt8.self), reader.take(UInt16.self) == 0,
      reader.take(UInt64.self) == blockID, let series = reader.take(UInt32.self),
      let groupCount = reader.take(UInt32.self),
      let name = reader.take(count: Int(tenantSize)), ByteString(name) == tenant
    else { return nil }
    var found: [(first: Int, packed: Int, size: Int, checksum: UInt64)] = []
    for _ in 0...groupCount {
      guard let first = reader.take(UInt32.self), let packed = reader.take(UInt32.self),
        let size = reader.take(UInt32.self), let checksum = reader.take(UInt64.self)
      else { return nil }
      found.append((Int(first), Int(packed), Int(size), checksum))
    }
    let end = reader.position
    guard let own = reader.take(UInt64.self),
      Checksum.xxh3(bytes.span.extracting(0..<end)) == own
    else { return nil }
    var position = reader.position
    var parts: [Part] = []
    for part in found {
      guard part.packed <= bytes.count - position else { return nil }
      parts.append(
        Part(
          first: part.first, range: position..<(position + part.packed), size: part.size,
          checksum: part.checksum))
      position += part.packed
    }
    return (parts, Int(series))
  }

  private static func unpack(_ bytes: [UInt8], _ part: Part) -> [UInt8]? {
    let packed = bytes.span.extracting(part.range)
    guard Checksum.xxh3(packed) == part.checksum else { return nil }
    ReadMeter.current?.note { $0.bytesUnpacked += part.size }
    if part.size == part.range.count { return Array(bytes[part.range]) }
    return try? Zstandard().decompress(
      packed, size: part.size, limit: SampleBlockLayout.longestPart)
  }

  private static func index(
    _ bytes: Span<UInt8>, _ count: Int, _ groups: [Part]
  ) -> (series: [Series], lists: [[Int64]])? {
    var position = 0
    guard let stringCount = VariableInteger.take(bytes, at: &position),
      stringCount <= UInt64(bytes.count)
    else { return nil }
    var strings: [ByteString] = []
    for _ in 0..<stringCount {
      guard let size = VariableInteger.take(bytes, at: &position),
        size <= UInt64(bytes.count - position)
      else { return nil }
      let range = position..<(position + Int(size))
      strings.append(ByteString(bytes.extracting(range).withUnsafeBufferPointer { Array($0) }))
      position = range.upperBound
    }
    guard let lists = lists(bytes, &position), count <= bytes.count else { return nil }
    var series: [Series] = []
    var group = -1
    for place in 0..<count {
      while group + 1 < groups.count, groups[group + 1].first <= place { group += 1 }
      guard group >= 0,
        let labels = labels(bytes, &position, strings),
        let list = VariableInteger.take(bytes, at: &position), list < UInt64(lists.count)
      else { return nil }
      series.append(Series(labels: labels, list: Int(list), group: group))
    }
    return (series, lists)
  }

  private static func lists(_ bytes: Span<UInt8>, _ position: inout Int) -> [[Int64]]? {
    guard let count = VariableInteger.take(bytes, at: &position), count <= UInt64(bytes.count)
    else { return nil }
    var lists: [[Int64]] = []
    for _ in 0..<count {
      guard let size = VariableInteger.take(bytes, at: &position),
        size <= UInt64(bytes.count - position)
      else { return nil }
      var times: [Int64] = []
      times.reserveCapacity(Int(size))
      var time: Int64 = 0
      var step: Int64 = 0
      for _ in 0..<size {
        guard let change = VariableInteger.takeSigned(bytes, at: &position) else { return nil }
        step &+= change
        time &+= step
        times.append(time)
      }
      lists.append(times)
    }
    return lists
  }

  private static func labels(
    _ bytes: Span<UInt8>, _ position: inout Int, _ strings: [ByteString]
  ) -> Labels? {
    guard let count = VariableInteger.take(bytes, at: &position), count <= UInt64(bytes.count)
    else { return nil }
    var pairs: [Label] = []
    for _ in 0..<count {
      guard let name = VariableInteger.take(bytes, at: &position),
        let value = VariableInteger.take(bytes, at: &position),
        name < UInt64(strings.count), value < UInt64(strings.count)
      else { return nil }
      pairs.append(Label(strings[Int(name)], strings[Int(value)]))
    }
    return Labels(sorted: pairs)
  }

  /// How many series it has.
  var seriesCount: Int { series.count }

  /// The series that pass, with their samples of `from...through` (milliseconds). Throws `corrupt`
  /// when a group that is needed is damaged.
  func read(
    metric: ByteString?, from: Int64, through: Int64, _ accepts: (Labels) -> Bool
  ) throws(PackingFault) -> [StoredSeries] {
    var found: [StoredSeries] = []
    let ranges = metric.map { metrics[$0] ?? [] } ?? [0..<series.count]
    var chosen = PlaceSet()
    var group = -1
    for range in ranges {
      for place in range where accepts(series[place].labels) {
        if series[place].group != group {
          try read(group, chosen, from, through, into: &found)
          chosen = PlaceSet()
          group = series[place].group
        }
        chosen.insert(place)
      }
    }
    try read(group, chosen, from, through, into: &found)
    return found
  }

  /// The series that pass and have a sample in `from...through` (milliseconds), each with the time
  /// of its first one there and no value: the index tells, and nothing is unpacked.
  func outlines(
    metric: ByteString?, from: Int64, through: Int64, _ accepts: (Labels) -> Bool
  ) -> [StoredSeries] {
    let firsts = lists.map { times in times.first { $0 >= from && $0 <= through } }
    var found: [StoredSeries] = []
    for range in metric.map({ metrics[$0] ?? [] }) ?? [0..<series.count] {
      for place in range {
        guard let time = firsts[series[place].list], accepts(series[place].labels) else { continue }
        found.append(
          StoredSeries(tenant: tenant, labels: series[place].labels, times: [time], values: [0]))
      }
    }
    return found
  }

  private func read(
    _ number: Int, _ chosen: PlaceSet, _ from: Int64, _ through: Int64,
    into found: inout [StoredSeries]
  ) throws(PackingFault) {
    if chosen.isEmpty { return }
    let group = groups[number]
    guard let unpacked = Self.unpack(bytes, group) else { throw .corrupt }
    var reader = SampleGroupReader(unpacked.span)
    let end = number + 1 < groups.count ? groups[number + 1].first : series.count
    for place in group.first..<end {
      // Behind the last of them nothing needs to be read.
      if !chosen.mayContain(from: place) { break }
      let times = lists[series[place].list]
      guard chosen.contains(place) else {
        guard reader.skip(count: times.count) else { throw .corrupt }
        continue
      }
      guard let values = reader.next(count: times.count) else { throw .corrupt }
      let all = HeadSeries(times: times, values: values)
      let range = all.samples(from: from, through: through)
      if range.isEmpty { continue }
      // Whole lists are shared, not copied.
      let isWhole = range.count == times.count
      found.append(
        StoredSeries(
          tenant: tenant, labels: series[place].labels,
          times: isWhole ? times : Array(times[range]),
          values: isWhole ? values : Array(values[range])))
    }
  }

  /// Whether every part is what was written.
  var isWhole: Bool {
    let all = try? read(metric: nil, from: .max, through: .max) { _ in true }
    return all != nil
  }
}
