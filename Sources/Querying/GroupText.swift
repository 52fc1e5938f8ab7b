package import Bytes

/// Replacement texts with `$1`, `${1}` and `${name}`, as Go's regexp package expands them.
package enum GroupText {
  /// `groups` as `Regex.find` gives them for `text`, `names` as `Regex.groupNames` does; a group
  /// there is none of is empty. Stops behind about `limit` bytes.
  package static func expand(
    _ template: ByteString, _ groups: [Range<Int>?], _ names: [ByteString], in text: ByteString,
    limit: Int = .max
  ) -> ByteString {
    let bytes = template.bytes
    var out: [UInt8] = []
    var index = 0
    while index < bytes.count, out.count < limit {
      guard bytes[index] == 36, index + 1 < bytes.count else {
        out.append(bytes[index])
        index += 1
        continue
      }
      if bytes[index + 1] == 36 {
        out.append(36)
        index += 2
        continue
      }
      let isBraced = bytes[index + 1] == 123
      let start = index + (isBraced ? 2 : 1)
      var end = start
      while end < bytes.count, bytes[end].isLetter || bytes[end].isDigit || bytes[end] == 95 {
        end += 1
      }
      guard end > start, !isBraced || (end < bytes.count && bytes[end] == 125) else {
        out.append(36)
        index += 1
        continue
      }
      let name = ByteString(bytes[start..<end])
      if let group = group(name, groups, names) { out += text.bytes[group] }
      index = end + (isBraced ? 1 : 0)
    }
    return ByteString(out)
  }

  private static func group(
    _ name: ByteString, _ groups: [Range<Int>?], _ names: [ByteString]
  ) -> Range<Int>? {
    if let number = Numbers.integer(name.bytes.span) {
      guard number >= 0, number < Int64(groups.count) else { return nil }
      return groups[Int(number)]
    }
    // Of several groups of one name the one that took part counts.
    for (place, known) in names.enumerated() where known == name && place + 1 < groups.count {
      if let group = groups[place + 1] { return group }
    }
    return nil
  }
}
