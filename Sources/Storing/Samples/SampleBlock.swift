import Bytes
import Model
import Packing

/// The layout of a sample block: a head, the index of its series, groups of their samples. Each
/// part has its checksum in the head, so that a read unpacks only what it needs. FORMAT.md has it
/// byte by byte.
enum SampleBlockLayout {
  static let magic: UInt32 = 0x3153_4C50  // "PLS1"
  static let version: UInt8 = 1
  /// Unpacked bytes of a group of series: what a read of one series must unpack.
  static let groupBytes = 128 << 10
  /// From this size on a group ends with its metric: the bytes of another one look different, and
  /// packed together each would take more.
  static let metricBytes = 4 << 10
  /// A longer claim is damage.
  static let longestPart = 64 << 20
}

/// A block as it is written.
struct EncodedSamples {
  var bytes: [UInt8] = []
  var sampleCount = 0
  /// Milliseconds; nil without samples.
  var times: ClosedRange<Int64>?
}

/// Makes sample blocks; keeps its working memory from one to the next.
final class SampleBlockEncoder {
  private let zstandard = Zstandard()

  /// The samples of a tenant's series, each series once, as a block.
  func encode(tenant: ByteString, _ all: [StoredSeries], blockID: UInt64) -> EncodedSamples {
    let series = all.filter { !$0.times.isEmpty }.ordered(by: \.labels)
    var encoded = EncodedSamples()
    var index = SeriesIndexWriter()
    var groups: [(part: Part, first: Int)] = []
    var group = SampleGroupWriter()
    var first = 0
    for (place, one) in series.enumerated() {
      encoded.sampleCount += one.times.count
      let low = min(encoded.times?.lowerBound ?? .max, one.times.first ?? .max)
      encoded.times = low...max(encoded.times?.upperBound ?? .min, one.times.last ?? .min)
      index.add(one)
      group.add(one.values)
      if Self.endsGroup(at: place, of: series, group.size) {
        groups.append((pack(group.bytes), first))
        group = SampleGroupWriter()
        first = place + 1
      }
    }
    let packedIndex = pack(index.bytes)
    encoded.bytes = assemble(tenant, blockID, series.count, packedIndex, groups)
    return encoded
  }

  /// Whether a group of so many bytes ends with a series.
  private static func endsGroup(at place: Int, of series: [StoredSeries], _ size: Int) -> Bool {
    if place == series.count - 1 || size >= SampleBlockLayout.groupBytes { return true }
    let name = Labels.metricName
    return size >= SampleBlockLayout.metricBytes
      && series[place].labels[name] != series[place + 1].labels[name]
  }

  /// Bytes of a part, packed, and what they were.
  private struct Part {
    let packed: [UInt8]
    let size: Int
  }

  private func pack(_ bytes: [UInt8]) -> Part {
    var packed: [UInt8] = []
    // Without memory for packing the bytes stand as they are; their size says so.
    if zstandard.compress(bytes.span, into: &packed) == nil || packed.count >= bytes.count {
      packed = bytes
    }
    return Part(packed: packed, size: bytes.count)
  }

  private func assemble(
    _ tenant: ByteString, _ blockID: UInt64, _ seriesCount: Int, _ index: Part,
    _ groups: [(part: Part, first: Int)]
  ) -> [UInt8] {
    var head = LayoutWriter()
    head.put(SampleBlockLayout.magic)
    head.put(SampleBlockLayout.version)
    head.put(UInt8(truncatingIfNeeded: tenant.count))
    head.put(UInt16(0))
    head.put(blockID)
    head.put(UInt32(truncatingIfNeeded: seriesCount))
    head.put(UInt32(truncatingIfNeeded: groups.count))
    head.put(tenant.bytes.prefix(Int(UInt8.max)))
    for (part, first) in [(index, 0)] + groups.map({ ($0.part, $0.first) }) {
      head.put(UInt32(truncatingIfNeeded: first))
      head.put(UInt32(truncatingIfNeeded: part.packed.count))
      head.put(UInt32(truncatingIfNeeded: part.size))
      head.put(Checksum.xxh3(part.packed))
    }
    head.put(Checksum.xxh3(head.bytes))
    var bytes = head.bytes + index.packed
    for group in groups { bytes += group.part.packed }
    return bytes
  }
}

/// The index of a block: its label strings once, the distinct lists of times once, and each series
/// as indices into them.
private struct SeriesIndexWriter {
  private var strings: [ByteString: UInt64] = [:]
  private var stringBytes: [UInt8] = []
  private var lists: [[Int64]: UInt64] = [:]
  private var listBytes: [UInt8] = []
  private var series: [UInt8] = []
  private var last: (times: [Int64], list: UInt64)?

  mutating func add(_ one: StoredSeries) {
    VariableInteger.append(UInt64(one.labels.pairs.count), to: &series)
    for label in one.labels.pairs {
      VariableInteger.append(string(label.name), to: &series)
      VariableInteger.append(string(label.value), to: &series)
    }
    VariableInteger.append(list(one.times), to: &series)
  }

  private mutating func string(_ text: ByteString) -> UInt64 {
    if let known = strings[text] { return known }
    let number = UInt64(strings.count)
    strings[text] = number
    VariableInteger.append(UInt64(text.count), to: &stringBytes)
    stringBytes += text.bytes
    return number
  }

  /// Most series of a scrape have the same times.
  private mutating func list(_ times: [Int64]) -> UInt64 {
    if let last, last.times == times { return last.list }
    let number = lists[times] ?? UInt64(lists.count)
    if lists[times] == nil {
      lists[times] = number
      VariableInteger.append(UInt64(times.count), to: &listBytes)
      var before: Int64 = 0
      var step: Int64 = 0
      for time in times {
        let newStep = time &- before
        VariableInteger.append(signed: newStep &- step, to: &listBytes)
        before = time
        step = newStep
      }
    }
    last = (times, number)
    return number
  }

  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    VariableInteger.append(UInt64(strings.count), to: &bytes)
    bytes += stringBytes
    VariableInteger.append(UInt64(lists.count), to: &bytes)
    bytes += listBytes
    return bytes + series
  }
}
