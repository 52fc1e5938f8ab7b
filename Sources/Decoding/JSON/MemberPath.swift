import Bytes

/// The dotted name of the member a scanner stands at, and the names a row had so far. Its buffers
/// are used for row after row.
struct MemberPath {
  private var bytes: [UInt8] = []
  /// Where the name of each open object ends in `bytes`.
  private var outer: [Int] = []
  private var names: [UInt8] = []
  private var ends: [Int] = []
  private var hashes: [UInt64] = []
  private var seen: Set<UInt64> = []

  /// Below this many names a scan of their hashes is faster than a set of them.
  private static let fewNames = 32

  mutating func start() {
    bytes.removeAll(keepingCapacity: true)
    outer.removeAll(keepingCapacity: true)
    names.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    hashes.removeAll(keepingCapacity: true)
    if !seen.isEmpty { seen.removeAll() }
  }

  var name: Span<UInt8> {
    @_lifetime(borrow self)
    get { bytes.span }
  }

  mutating func enter() { outer.append(bytes.count) }

  mutating func leave() { bytes.removeLast(bytes.count - (outer.popLast() ?? 0)) }

  /// Names the next member. An empty name becomes `_empty`; a name of our own flags gets the
  /// prefix `user_`.
  mutating func member(_ text: Span<UInt8>, _ range: Range<Int>, escaped: Bool) {
    let prefix = outer.last ?? 0
    bytes.removeLast(bytes.count - prefix)
    if prefix > 0 { bytes.append(UInt8(ascii: ".")) }
    if range.isEmpty {
      bytes.append(contentsOf: "_empty".utf8)
      return
    }
    if escaped {
      JSONText.unescape(text, range, into: &bytes)
    } else {
      text.extracting(range).withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    }
    if prefix == 0, bytes.first == UInt8(ascii: "_"), MemberRole(bytes.span) == .reserved {
      bytes.insert(contentsOf: "user_".utf8, at: 0)
    }
  }

  /// Notes that the row has a value of the present name; says whether it is the first one.
  mutating func note() -> Bool {
    // FNV-1a; equal hashes are compared by their bytes, so a crafted collision only costs time.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    let isKnown = hashes.count > Self.fewNames ? seen.contains(hash) : hashes.contains(hash)
    if isKnown, hasName(hash) { return false }
    names.append(contentsOf: bytes)
    ends.append(names.count)
    hashes.append(hash)
    if hashes.count > Self.fewNames {
      if seen.isEmpty { seen.formUnion(hashes) } else { seen.insert(hash) }
    }
    return true
  }

  private func hasName(_ hash: UInt64) -> Bool {
    for index in hashes.indices where hashes[index] == hash {
      let start = index == 0 ? 0 : ends[index - 1]
      if names[start..<ends[index]].elementsEqual(bytes) { return true }
    }
    return false
  }
}
