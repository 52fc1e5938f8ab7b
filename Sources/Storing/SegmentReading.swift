import Bytes

/// What a segment's bytes hold.
struct SegmentContents {
  /// A frame whose checksum holds, and where it lies.
  struct Entry {
    let frame: Frame
    let offset: Int

    var range: Range<Int> { offset..<(offset + frame.size) }
  }

  /// In order.
  private(set) var entries: [Entry] = []
  /// Ranges that cannot be read and were not left by a crash: kept and reported.
  private(set) var damaged: [Range<Int>] = []
  /// Where the last group lies whose frames count; nil without any.
  private(set) var lastGroup: Range<Int>?
  /// Bytes at the end that belong to a group whose sync never ended: nobody was told it is stored.
  private(set) var unfinishedBytes = 0

  /// Hashing that a search through damage may cost, in units of the segment's size: what looks
  /// like frames there may have been made to look so.
  private static let searchCost = 4
  private var searchBudget: Int

  /// Reads groups from the start. Behind a damaged group reading goes on at the next trailer.
  init(_ bytes: [UInt8]) {
    searchBudget = bytes.count * Self.searchCost
    var start = 0
    while start < bytes.count {
      if let group = Self.group(bytes, at: start) {
        take(group.entries, bytes)
        lastGroup = start..<group.end
        start = group.end
      } else if let trailer = Self.nextTrailer(bytes, after: start) {
        salvage(bytes, start..<trailer)
        start = trailer + GroupTrailer.size
      } else {
        takeTail(bytes, from: start)
        return
      }
    }
  }

  private mutating func take(_ found: [Entry], _ bytes: [UInt8]) {
    for entry in found {
      if Frame.isIntact(bytes.span.extracting(entry.range)) {
        entries.append(entry)
      } else {
        damaged.append(entry.range)
      }
    }
  }

  /// The end of a segment without a trailer behind it: a group of which every frame is there and
  /// whole was written (only its trailer is damaged); any other never happened.
  private mutating func takeTail(_ bytes: [UInt8], from start: Int) {
    let chain = Self.chain(bytes, at: start)
    var end = start
    if let count = chain.first?.frame.place.count, chain.count >= count {
      let group = chain.prefix(count)
      let isWhole = group.enumerated().allSatisfy { index, entry in
        entry.frame.place == GroupPlace(index: index, count: count)
          && Frame.isIntact(bytes.span.extracting(entry.range))
      }
      if isWhole {
        entries += group
        end = group.last?.range.upperBound ?? start
        lastGroup = start..<end
      }
    }
    if Self.isLeftByCrash(bytes, at: start) {
      unfinishedBytes = bytes.count - end
    } else {
      damaged.append(end..<bytes.count)
    }
  }

  /// A crash leaves the start of a frame, or sectors of zeros; anything else is not ours.
  private static func isLeftByCrash(_ bytes: [UInt8], at start: Int) -> Bool {
    var reader = LayoutReader(bytes.span, from: start)
    guard let magic = reader.take(UInt32.self) else { return true }
    guard magic == Frame.magic else { return magic == 0 }
    return (reader.take(UInt8.self) ?? Frame.version) == Frame.version
  }

  /// Keeps the frames of a region that cannot be read as groups, and notes the rest as damage.
  private mutating func salvage(_ bytes: [UInt8], _ region: Range<Int>) {
    var position = region.lowerBound
    var damagedFrom = position
    while position < region.upperBound, searchBudget > 0 {
      guard let frame = Frame(bytes.span, at: position),
        frame.size <= region.upperBound - position
      else {
        position += 1
        continue
      }
      let entry = Entry(frame: frame, offset: position)
      searchBudget -= frame.size
      if Frame.isIntact(bytes.span.extracting(entry.range)) {
        if damagedFrom < position { damaged.append(damagedFrom..<position) }
        entries.append(entry)
        position = entry.range.upperBound
        damagedFrom = position
      } else if Self.isBoundary(bytes, at: entry.range.upperBound) {
        // Its head is right and its payload is not: what lies inside is nobody's frame.
        position = entry.range.upperBound
      } else {
        position += 1
      }
    }
    if damagedFrom < region.upperBound { damaged.append(damagedFrom..<region.upperBound) }
  }

  private static func isBoundary(_ bytes: [UInt8], at offset: Int) -> Bool {
    Frame(bytes.span, at: offset) != nil || GroupTrailer(bytes.span, at: offset) != nil
  }

  /// The frames that lie one behind the other from `start` on.
  private static func chain(_ bytes: [UInt8], at start: Int) -> [Entry] {
    var entries: [Entry] = []
    var position = start
    while let frame = Frame(bytes.span, at: position) {
      entries.append(Entry(frame: frame, offset: position))
      position += frame.size
    }
    return entries
  }

  private static func group(_ bytes: [UInt8], at start: Int) -> (entries: [Entry], end: Int)? {
    let entries = chain(bytes, at: start)
    guard let end = entries.last?.range.upperBound,
      let trailer = GroupTrailer(bytes.span, at: end), trailer.groupSize == end - start,
      trailer.frameCount == entries.count
    else { return nil }
    return (entries, end + GroupTrailer.size)
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
