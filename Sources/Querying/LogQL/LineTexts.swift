import Bytes
import Model
import Templating

/// The functions of templates that are about texts. Those with a capital are Go's `strings`, with
/// the text first; the others take it last, so that it can be piped.
enum LineTexts {
  typealias Function = LineFunctions.Function
  typealias Call = LineFunctions.Call

  static let functions: [Function] = [
    Function("ToLower", 1) { call throws(TemplateFault) in .text(Characters.lower(try call.text(0)))
    },
    Function("lower", 1) { call throws(TemplateFault) in .text(Characters.lower(try call.text(0)))
    },
    Function("ToUpper", 1) { call throws(TemplateFault) in .text(Characters.upper(try call.text(0)))
    },
    Function("upper", 1) { call throws(TemplateFault) in .text(Characters.upper(try call.text(0)))
    },
    Function("title", 1) { call throws(TemplateFault) in .text(Characters.title(try call.text(0)))
    },
    Function("Replace", 4) { call throws(TemplateFault) in
      try replaced(
        try call.text(0), try call.text(1), try call.text(2), most: try call.integer(3))
    },
    Function("replace", 3) { call throws(TemplateFault) in
      try replaced(try call.text(2), try call.text(0), try call.text(1), most: -1)
    },
    Function("Trim", 2) { call throws(TemplateFault) in
      trimmed(try call.text(0), CharacterSet(try call.text(1)))
    },
    Function("TrimLeft", 2) { call throws(TemplateFault) in
      trimmed(try call.text(0), CharacterSet(try call.text(1)), right: false)
    },
    Function("TrimRight", 2) { call throws(TemplateFault) in
      trimmed(try call.text(0), CharacterSet(try call.text(1)), left: false)
    },
    Function("trimAll", 2) { call throws(TemplateFault) in
      trimmed(try call.text(1), CharacterSet(try call.text(0)))
    },
    Function("TrimSpace", 1) { call throws(TemplateFault) in trimmed(try call.text(0), .blanks) },
    Function("trim", 1) { call throws(TemplateFault) in trimmed(try call.text(0), .blanks) },
    Function("TrimPrefix", 2) { call throws(TemplateFault) in
      without(prefix: try call.text(1), try call.text(0))
    },
    Function("trimPrefix", 2) { call throws(TemplateFault) in
      without(prefix: try call.text(0), try call.text(1))
    },
    Function("TrimSuffix", 2) { call throws(TemplateFault) in
      without(suffix: try call.text(1), try call.text(0))
    },
    Function("trimSuffix", 2) { call throws(TemplateFault) in
      without(suffix: try call.text(0), try call.text(1))
    },
    Function("contains", 2) { call throws(TemplateFault) in
      .flag(try call.text(1).contains(try call.text(0)))
    },
    Function("hasPrefix", 2) { call throws(TemplateFault) in
      .flag(try call.text(1).hasPrefix(try call.text(0)))
    },
    Function("hasSuffix", 2) { call throws(TemplateFault) in
      .flag(try call.text(1).hasSuffix(try call.text(0)))
    },
    Function("trunc", 2, truncated),
    Function("substr", 3, part),
    Function("repeat", 2, repeated),
    Function("indent", 2) { call throws(TemplateFault) in try indented(call, head: []) },
    Function("nindent", 2) { call throws(TemplateFault) in try indented(call, head: [10]) },
    Function("alignLeft", 2) { call throws(TemplateFault) in try aligned(call, isLeft: true) },
    Function("alignRight", 2) { call throws(TemplateFault) in try aligned(call, isLeft: false) },
    Function("split", 2, split),
    Function("toString", 1) { call throws(TemplateFault) in .text(try call.printed()) },
    Function("urlencode", 1) { call throws(TemplateFault) in
      .text(ByteString(EscapedText.query(try call.text(0))))
    },
    Function("urldecode", 1) { call throws(TemplateFault) in
      guard let decoded = EscapedText.unescaped(query: try call.text(0)) else {
        throw call.fault("invalid URL escape: a % without two hexadecimal digits behind it")
      }
      return .text(ByteString(decoded))
    },
    Function("b64enc", 1) { call throws(TemplateFault) in
      .text(ByteString(Base64.encoded(try call.text(0).bytes)))
    },
    // What is no Base64 becomes the reason, as in Loki.
    Function("b64dec", 1) { call throws(TemplateFault) in
      let (decoded, position) = Base64.bytes(try call.text(0).bytes)
      return decoded.map { .text(ByteString($0)) }
        ?? .string("illegal base64 data at input byte \(position)")
    },
  ]

  private static func without(prefix: ByteString, _ text: ByteString) -> TemplateValue {
    .text(text.hasPrefix(prefix) ? ByteString(text.bytes.dropFirst(prefix.count)) : text)
  }

  private static func without(suffix: ByteString, _ text: ByteString) -> TemplateValue {
    .text(text.hasSuffix(suffix) ? ByteString(text.bytes.dropLast(suffix.count)) : text)
  }

  private static func trimmed(
    _ text: ByteString, _ set: CharacterSet, left: Bool = true, right: Bool = true
  ) -> TemplateValue {
    var range = 0..<text.count
    if left { set.trimFront(text.bytes, &range) }
    if right { set.trimBack(text.bytes, &range) }
    return .text(ByteString(text.bytes[range]))
  }

  /// The first `most` places of `old` replaced; all when it is negative. An empty `old` stands
  /// before each character and at the end.
  private static func replaced(
    _ text: ByteString, _ old: ByteString, _ new: ByteString, most: Int64
  ) throws(TemplateFault) -> TemplateValue {
    let bytes = text.bytes
    var output = BoundedText()
    var left = most < 0 ? Int64.max : most
    var index = 0
    if old.isEmpty {
      while left > 0 {
        try output.append(new.bytes)
        left -= 1
        guard index < bytes.count else { return output.value }
        let length = Swift.max(UTF8Check.sequenceLength(bytes.span, at: index), 1)
        try output.append(bytes[index..<(index + length)])
        index += length
      }
    }
    while left > 0, let found = bytes.span.firstRange(of: old.bytes.span, from: index) {
      try output.append(bytes[index..<found.lowerBound])
      try output.append(new.bytes)
      index = found.upperBound
      left -= 1
    }
    try output.append(bytes[index...])
    return output.value
  }

  /// `trunc 5` keeps the first five characters, `trunc -5` the last.
  private static func truncated(_ call: Call) throws(TemplateFault) -> TemplateValue {
    let width = try call.width(0)
    let bytes = try call.text(1).bytes
    if width >= 0 {
      return .text(ByteString(bytes[..<Characters.offset(of: width, in: bytes)]))
    }
    let place = Characters.count(bytes) + width
    return .text(ByteString(bytes[Characters.offset(of: Swift.max(place, 0), in: bytes)...]))
  }

  /// `substr start end text`: a negative start stands for 0, a negative end for the end.
  private static func part(_ call: Call) throws(TemplateFault) -> TemplateValue {
    let (start, end) = (Swift.max(try call.width(0), 0), try call.width(1))
    let bytes = try call.text(2).bytes
    if end < 0, try call.width(0) < 0 { return .text(.empty) }
    let from = Characters.offset(of: start, in: bytes)
    let to = end < 0 ? bytes.count : Characters.offset(of: end, in: bytes)
    return .text(from < to ? ByteString(bytes[from..<to]) : .empty)
  }

  private static func repeated(_ call: Call) throws(TemplateFault) -> TemplateValue {
    let (count, text) = (try call.integer(0), try call.text(1))
    guard count >= 0 else { throw call.fault("cannot repeat \(count) times") }
    guard !text.isEmpty else { return .text(.empty) }
    var output = BoundedText()
    var left = count
    while left > 0 {
      try output.append(text.bytes)
      left -= 1
    }
    return output.value
  }

  private static func indented(_ call: Call, head: [UInt8]) throws(TemplateFault) -> TemplateValue {
    let (width, bytes) = (try call.width(0), try call.text(1).bytes)
    guard width >= 0 else { throw call.fault("cannot indent by \(width)") }
    var output = BoundedText()
    try output.append(head)
    for line in bytes.split(separator: 10, omittingEmptySubsequences: false) {
      if line.startIndex > 0 { try output.append(10) }
      try output.append(32, times: width)
      try output.append(line)
    }
    return output.value
  }

  /// Cut or filled up with blanks to a width; on the right the end stays.
  private static func aligned(_ call: Call, isLeft: Bool) throws(TemplateFault) -> TemplateValue {
    let (width, bytes) = (try call.width(0), try call.text(1).bytes)
    let count = Characters.count(bytes)
    guard width >= 0, width != count else { return .text(ByteString(bytes)) }
    if width < count {
      let cut = Characters.offset(of: isLeft ? width : count - width, in: bytes)
      return .text(ByteString(isLeft ? bytes[..<cut] : bytes[cut...]))
    }
    var output = BoundedText()
    if !isLeft { try output.append(32, times: width - count) }
    try output.append(bytes)
    if isLeft { try output.append(32, times: width - count) }
    return output.value
  }

  /// `split "," "a,b"` has the members `_0` and `_1`.
  private static func split(_ call: Call) throws(TemplateFault) -> TemplateValue {
    let (separator, text) = (try call.text(0), try call.text(1))
    var members: [TemplateMember] = []
    func add(_ part: ArraySlice<UInt8>) {
      members.append(TemplateMember(ByteString("_\(members.count)"), .text(ByteString(part))))
    }
    var index = 0
    if separator.isEmpty {
      while index < text.count {
        let length = Swift.max(UTF8Check.sequenceLength(text.bytes.span, at: index), 1)
        add(text.bytes[index..<(index + length)])
        index += length
      }
      return .map(members)
    }
    while let found = text.bytes.span.firstRange(of: separator.bytes.span, from: index) {
      add(text.bytes[index..<found.lowerBound])
      index = found.upperBound
    }
    add(text.bytes[index...])
    return .map(members)
  }
}
