import Bytes

/// What a segment's bytes hold.
struct SegmentContents {
  struct Entry {
    let frame: Frame
    let offset: Int
  }

  /// Frames whose checksum holds, in order.
  var entries: [Entry] = []
  /// Ranges that cannot be read although a later group is whole: damage, to be kept and reported.
  var damaged: [Range<Int>] = []
  /// Up to here the segment consists of whole groups; what follows was never acknowledged.
  var wholeSize = 0

  /// Reads groups from the start. A group without its trailer vanishes whole; behind a damaged
  /// region reading goes on at the next trailer that can be found.
  init(_ bytes: [UInt8]) {
    var start = 0
    while start < bytes.count {
      guard let group = Self.group(bytes, at: start) else {
        guard let next = Self.nextTrailer(bytes, after: start) else { return }
        // The bad region reaches at least to the start of the trailer's own group.
        let resume = next + GroupTrailer.size
        salvage(bytes, start..<next)
        start = resume
        wholeSize = start
        continue
      }
      for entry in group.entries {
        let range = entry.offset..<(entry.offset + entry.frame.size)
        if Frame.isIntact(Array(bytes[range])) {
          entries.append(entry)
        } else {
          damaged.append(range)
        }
      }
      start = group.end
      wholeSize = start
    }
  }

  /// Keeps the frames of a region that cannot be read as groups, and notes the rest as damage.
  private mutating func salvage(_ bytes: [UInt8], _ region: Range<Int>) {
    var position = region.lowerBound
    var badFrom: Int?
    while position < region.upperBound {
      if let frame = Frame(bytes.span, at: position), frame.size <= region.upperBound - position,
        Frame.isIntact(Array(bytes[position..<(position + frame.size)]))
      {
        if let bad = badFrom { damaged.append(bad..<position) }
        badFrom = nil
        entries.append(Entry(frame: frame, offset: position))
        position += frame.size
      } else {
        if badFrom == nil { badFrom = position }
        position += 1
      }
    }
    if let bad = badFrom { damaged.append(bad..<region.upperBound) }
  }

  private static func group(
    _ bytes: [UInt8], at start: Int
  ) -> (entries: [Entry], end: Int)? {
    var entries: [Entry] = []
    var position = start
    let span = bytes.span
    while let frame = Frame(span, at: position) {
      entries.append(Entry(frame: frame, offset: position))
      position += frame.size
    }
    guard let trailer = GroupTrailer(span, at: position), trailer.groupSize == position - start,
      trailer.frameCount == entries.count
    else { return nil }
    return (entries, position + GroupTrailer.size)
  }

  private static func nextTrailer(_ bytes: [UInt8], after start: Int) -> Int? {
    let magic = withUnsafeBytes(of: GroupTrailer.magic.littleEndian) { Array($0) }
    var position = start
    while let found = bytes.span.firstRange(of: magic.span, from: position) {
      if GroupTrailer(bytes.span, at: found.lowerBound) != nil { return found.lowerBound }
      position = found.lowerBound + 1
    }
    return nil
  }
}
