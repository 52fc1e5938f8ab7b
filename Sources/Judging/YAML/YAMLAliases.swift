import Bytes

/// Counts what may be aliases in a YAML text before it is parsed.
enum YAMLAliases {
  /// So few cannot stand for more than a few thousand nodes, and no block of text that holds none
  /// has so many lines which begin like one.
  static let limit = 20

  /// Every `*name` where a node may begin; within block scalars it may count too many.
  static func count(in bytes: [UInt8]) -> Int {
    var count = 0
    var previous = UInt8(ascii: "\n")
    for (index, byte) in bytes.enumerated() {
      if byte == UInt8(ascii: "*"), beginsNode(previous), index + 1 < bytes.count,
        bytes[index + 1].isLetter || bytes[index + 1].isDigit || bytes[index + 1] == 95
      {
        count += 1
      }
      if byte != 32, byte != 9 { previous = byte }
    }
    return count
  }

  private static func beginsNode(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "\n"), UInt8(ascii: ":"), UInt8(ascii: "-"), UInt8(ascii: "["),
      UInt8(ascii: "{"), UInt8(ascii: ","), UInt8(ascii: "?"):
      true
    default: false
    }
  }
}
