import Bytes
import Model

/// Where a line came from, once its prefixes are off.
struct LineOrigin {
  var key: StreamKey
  let receivedAt: Int64
  var host = ByteString.empty

  /// The same sender's stream that a prefix names.
  func stream(_ kind: Transport.Kind, _ name: Span<UInt8>) -> StreamKey {
    var path = key.stream.bytes
    path.append(kind.rawValue)
    name.withUnsafeBufferPointer { path.append(contentsOf: $0) }
    return StreamKey(source: key.source, stream: ByteString(path))
  }
}

/// Lines that a container runtime cut at 16 KiB and that wait for their end.
struct PartialLines {
  /// A line's beginning that waits for its rest.
  struct Waiting {
    var bytes: [UInt8] = []
    var origin: LineOrigin
    var touchedAt: Int64
    let sequence: Int
  }

  /// A joined line is cut where a record is; a little more shows that it was cut.
  private static let lineBytes = Limits.joinedRecordBytes + 4_096
  /// All waiting pieces together.
  private static let waitingBytes = 32 << 20

  private var lines: [StreamKey: Waiting] = [:]
  private var bytes = 0
  private var started = 0

  var count: Int { lines.count }
  /// Whether more waits than may.
  var isFull: Bool { lines.count > Limits.joinedSources || bytes > Self.waitingBytes }

  mutating func append(_ piece: Span<UInt8>, of origin: LineOrigin) {
    started += 1
    var line =
      lines.removeValue(forKey: origin.key)
      ?? Waiting(origin: origin, touchedAt: 0, sequence: started)
    let room = Swift.max(0, Self.lineBytes - line.bytes.count)
    piece.extracting(0..<Swift.min(piece.count, room)).withUnsafeBufferPointer {
      line.bytes.append(contentsOf: $0)
      bytes += $0.count
    }
    line.touchedAt = origin.receivedAt
    lines[origin.key] = line
  }

  /// The whole line that ends with `piece`, or nil when none had begun.
  mutating func finish(_ piece: Span<UInt8>, of origin: LineOrigin) -> [UInt8]? {
    guard lines[origin.key] != nil else { return nil }
    append(piece, of: origin)
    return remove(origin.key)?.bytes
  }

  /// Takes out the lines whose rest did not come in time, in the order they began.
  mutating func takeDue(now: Int64, everything: Bool) -> [Waiting] {
    let limit = now.adding(-Limits.joinNanoseconds) ?? .min
    let due = lines.values.filter { everything || $0.touchedAt <= limit }
    for line in due { _ = remove(line.origin.key) }
    return due.sorted { $0.sequence < $1.sequence }
  }

  private mutating func remove(_ key: StreamKey) -> Waiting? {
    guard let line = lines.removeValue(forKey: key) else { return nil }
    bytes -= line.bytes.count
    return line
  }
}
