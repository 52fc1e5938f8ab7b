import Bytes

/// Replacement texts with `$1`, `${1}` and `${name}`, as Go's regexp package expands them.
enum GroupText {
  /// `groups` as `Regex.find` gives them for `text`; a group there is none of is empty.
  static func expand(
    _ template: ByteString, _ groups: [Range<Int>?], _ names: [ByteString], in text: ByteString
  ) -> ByteString {
    let bytes = template.bytes
    var out: [UInt8] = []
    var index = 0
    while index < bytes.count {
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
    guard let place = names.firstIndex(of: name), place + 1 < groups.count else { return nil }
    return groups[place + 1]
  }
}
