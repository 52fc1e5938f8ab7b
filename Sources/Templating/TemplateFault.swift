package import Bytes

/// Why a template was refused, or could not be filled in.
package struct TemplateFault: Error, Sendable, Equatable {
  package let message: String
  /// The byte of the template that it is about.
  package let position: Int?
  /// Whether only the size of the output was the matter.
  package let isTooLong: Bool

  package init(_ message: String, at position: Int? = nil, isTooLong: Bool = false) {
    self.message = message
    self.position = position
    self.isTooLong = isTooLong
  }

  /// The same with a position, if it has none yet.
  func placed(at position: Int) -> TemplateFault {
    self.position == nil
      ? TemplateFault(message, at: position, isTooLong: isTooLong) : self
  }

  /// The message with the line and the column, both from 1 and in bytes, in front: `1:8: ...`.
  package func located(in text: ByteString) -> String {
    guard let position else { return message }
    var line = 1
    var lineStart = 0
    for (offset, byte) in text.bytes.prefix(Swift.max(position, 0)).enumerated() where byte == 10 {
      line += 1
      lineStart = offset + 1
    }
    return "\(line):\(Swift.min(position, text.count) - lineStart + 1): \(message)"
  }
}

/// Names that were probably meant.
enum NameHint {
  /// `, did you mean "toDate"?` when one of the names is close, else nothing.
  static func text(_ name: String, among names: [String]) -> String {
    let lower = Array(name.lowercased().utf8.prefix(40))
    let allowed = lower.count < 5 ? 1 : 2
    var best: (name: String, distance: Int)?
    for candidate in names {
      let distance = Self.distance(lower, Array(candidate.lowercased().utf8))
      guard distance <= allowed, distance < best?.distance ?? .max else { continue }
      best = (candidate, distance)
    }
    return best.map { ", did you mean \"\($0.name)\"?" } ?? ""
  }

  /// How many bytes have to be put in, taken out or replaced (Levenshtein).
  private static func distance(_ one: [UInt8], _ other: [UInt8]) -> Int {
    var row = Array(0...other.count)
    for (index, byte) in one.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for place in other.indices {
        let above = row[place + 1]
        let changed = diagonal + (byte == other[place] ? 0 : 1)
        row[place + 1] = Swift.min(changed, Swift.min(above, row[place]) + 1)
        diagonal = above
      }
    }
    return row[other.count]
  }
}
