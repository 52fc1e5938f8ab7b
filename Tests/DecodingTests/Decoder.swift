import Bytes
import Decoding
import Model
import Testing

/// Decodes what a test gives it as a server would: an HTTP body is flushed whole, datagrams come
/// one after the other and are flushed at the end.
enum Decoder {
  static func format(_ name: String) throws -> any WireFormat.Type {
    try #require(wireFormats.first { $0.name == name })
  }

  static func decode(
    _ frames: [[UInt8]], as name: String, sources: [UInt64] = []
  ) throws -> Batch {
    var format = try Self.format(name).init()
    return try decode(frames, with: &format, sources: sources)
  }

  static func decode(
    _ frames: [[UInt8]], with format: inout any WireFormat, sources: [UInt64] = []
  ) throws -> Batch {
    var batch = Batch()
    for (index, frame) in frames.enumerated() {
      let key = sources.indices.contains(index) ? sources[index] : 0
      try format.decode(
        frame.span, from: FrameSource(key: key, receivedAt: receivedAt), into: &batch)
    }
    format.flush(now: receivedAt + 10 * Instant.second, everything: true, into: &batch)
    return batch
  }

  static func decode(_ text: String, as name: String) throws -> Batch {
    try decode([Array(text.utf8)], as: name)
  }

  /// Cuts a fixture at its lines `--- datagram <source>`; without any it is one frame.
  static func datagrams(_ bytes: [UInt8]) -> (frames: [[UInt8]], sources: [UInt64]) {
    let mark = Array("--- datagram ".utf8)
    guard bytes.starts(with: mark) else { return ([bytes], [0]) }
    var frames: [[UInt8]] = []
    var sources: [UInt64] = []
    var cursor = Cursor(bytes.span)
    while let line = cursor.takeLine() {
      if bytes[line].starts(with: mark) {
        frames.append([])
        let digits = (line.lowerBound + mark.count)..<line.upperBound
        sources.append(UInt64(Numbers.integer(bytes.span.extracting(digits)) ?? 0))
      } else if let last = frames.indices.last {
        frames[last].append(contentsOf: bytes[line.lowerBound..<cursor.position])
      }
    }
    // The line end in front of the next mark is the fixture's.
    for index in frames.indices where frames[index].last == 10 { frames[index].removeLast() }
    return (frames, sources)
  }
}
