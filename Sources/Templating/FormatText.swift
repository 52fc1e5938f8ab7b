import Bytes
import Model

/// `printf`: Go's fmt verbs `%v %s %q %d %b %o %x %X %c %U %t %e %f %g %T %%`, with flags, width
/// and precision, also as `*`.
struct FormatText<Host: TemplateHost> {
  /// What stands between `%` and the verb.
  private struct Shape {
    var isLeft = false
    var isZero = false
    var hasPlus = false
    var hasBlank = false
    var hasSharp = false
    var width = 0
    var precision: Int?
  }

  private static var most: Int { 1_000_000 }

  private let host: Host
  private var values: ArraySlice<TemplateValue>
  private var output = BoundedText()

  /// The format with the values in it; what does not fit its verb is shown as Go shows it,
  /// `%!d(string=x)`. Throws when the text would grow too long.
  static func text(
    _ format: ByteString, _ values: ArraySlice<TemplateValue>, _ host: Host
  ) throws(TemplateFault) -> TemplateValue {
    var run = FormatText(host: host, values: values)
    try run.write(format.bytes)
    return run.output.value
  }

  private init(host: Host, values: ArraySlice<TemplateValue>) {
    self.host = host
    self.values = values
  }

  private mutating func write(_ format: [UInt8]) throws(TemplateFault) {
    var index = 0
    while index < format.count {
      let next = format[index...].firstIndex(of: 37) ?? format.count
      try output.append(format[index..<next])
      index = next + 1
      guard next < format.count else { break }
      var shape = Shape()
      try readShape(format, &index, &shape)
      guard index < format.count else {
        try output.append("%!(NOVERB)".utf8)
        break
      }
      let length = max(UTF8Check.sequenceLength(format.span, at: index), 1)
      let verb = String(decoding: format[index..<(index + length)], as: UTF8.self)
      index += length
      if verb == "%" {
        try output.append(37)
      } else if let value = values.popFirst() {
        try write(value, verb, shape)
      } else {
        try output.append("%!\(verb)(MISSING)".utf8)
      }
    }
    guard !values.isEmpty else { return }
    try output.append("%!(EXTRA ".utf8)
    for (place, value) in values.enumerated() {
      if place > 0 { try output.append(", ".utf8) }
      try output.append(value.typeName.utf8)
      guard case .none = value else {
        try output.append(61)
        try output.append(try PrintedText.text(value, host))
        continue
      }
    }
    try output.append(41)
  }

  private mutating func readShape(
    _ format: [UInt8], _ index: inout Int, _ shape: inout Shape
  ) throws(TemplateFault) {
    flags: while index < format.count {
      switch format[index] {
      case 45: shape.isLeft = true
      case 48: shape.isZero = true
      case 43: shape.hasPlus = true
      case 32: shape.hasBlank = true
      case 35: shape.hasSharp = true
      default: break flags
      }
      index += 1
    }
    if let width = try number(format, &index, "width") {
      shape.width = abs(width)
      if width < 0 { shape.isLeft = true }
    }
    if index < format.count, format[index] == 46 {
      index += 1
      shape.precision = max(try number(format, &index, "precision") ?? 0, 0)
    }
    if shape.isLeft { shape.isZero = false }
  }

  private mutating func number(
    _ format: [UInt8], _ index: inout Int, _ what: String
  ) throws(TemplateFault) -> Int? {
    if index < format.count, format[index] == 42 {
      index += 1
      guard case .integer(let value)? = values.popFirst(), value.magnitude <= UInt64(Self.most)
      else {
        throw TemplateFault("printf: * wants an integer of at most \(Self.most) as the \(what)")
      }
      return Int(value)
    }
    var value = 0
    let start = index
    while index < format.count, format[index].isDigit {
      value = value * 10 + Int(format[index] - 48)
      guard value <= Self.most else {
        throw TemplateFault("printf: a \(what) of more than \(Self.most)")
      }
      index += 1
    }
    return index > start ? value : nil
  }

  private mutating func write(
    _ value: TemplateValue, _ verb: String, _ shape: Shape
  ) throws(TemplateFault) {
    if verb == "T" { return try pad(Array(value.typeName.utf8), shape) }
    switch value {
    case .text, .prepared:
      if let text = Self.text(value.bytes ?? .empty, verb, shape) { return try pad(text, shape) }
    case .integer(let integer):
      if let text = Self.integer(integer, verb, shape) {
        return try pad(text, shape, isNumber: shape.precision == nil)
      }
    case .number(let number):
      if let text = Self.float(number, verb, shape) {
        return try pad(text, shape, isNumber: number.isFinite)
      }
    case .flag(let flag):
      if verb == "t" || verb == "v" { return try pad(Array("\(flag)".utf8), shape) }
    case .time, .list, .map, .record:
      if verb == "v" || verb == "s" { return try pad(try PrintedText.text(value, host), shape) }
    case .none:
      if verb == "v" { return try pad(Array("<nil>".utf8), shape) }
      return try output.append("%!\(verb)(<nil>)".utf8)
    }
    try output.append("%!\(verb)(\(value.typeName)=".utf8)
    try output.append(try PrintedText.text(value, host))
    try output.append(41)
  }

  private static func text(_ text: ByteString, _ verb: String, _ shape: Shape) -> [UInt8]? {
    var bytes = text.bytes
    if let precision = shape.precision, "svq".contains(verb) {
      bytes = Array(bytes[..<Characters.offset(of: precision, in: bytes)])
    }
    switch verb {
    case "s", "v": return bytes
    case "q": return Array(QuotedText.quote(ByteString(bytes)).utf8)
    case "x", "X":
      let digits = Array((verb == "x" ? "0123456789abcdef" : "0123456789ABCDEF").utf8)
      return bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    default: return nil
    }
  }

  private static func integer(_ value: Int64, _ verb: String, _ shape: Shape) -> [UInt8]? {
    let radix: Int
    switch verb {
    case "d", "v": radix = 10
    case "b": radix = 2
    case "o": radix = 8
    case "x", "X": radix = 16
    case "c", "q", "U":
      let scalar = UInt32(exactly: value).flatMap { UnicodeScalar($0) } ?? "\u{FFFD}"
      if verb == "c" { return Array(String(Character(scalar)).utf8) }
      if verb == "q" { return Array("'\(Character(scalar))'".utf8) }
      let digits = String(value.magnitude, radix: 16, uppercase: true)
      let zeros = String(repeating: "0", count: max(0, 4 - digits.count))
      return Array("U+\(zeros)\(digits)".utf8)
    default: return nil
    }
    var digits = String(value.magnitude, radix: radix, uppercase: verb == "X")
    if let precision = shape.precision, digits.count < precision {
      digits = String(repeating: "0", count: precision - digits.count) + digits
    }
    if shape.hasSharp, radix == 16 { digits = "0\(verb)" + digits }
    return Array((sign(value < 0, shape) + digits).utf8)
  }

  private static func sign(_ isNegative: Bool, _ shape: Shape) -> String {
    isNegative ? "-" : shape.hasPlus ? "+" : shape.hasBlank ? " " : ""
  }

  private static func float(_ value: Double, _ verb: String, _ shape: Shape) -> [UInt8]? {
    let size = abs(value)
    var text: String
    switch verb {
    case "f", "F": text = FloatText.fixed(size, shape.precision ?? 6)
    case "e", "E": text = FloatText.exponential(size, shape.precision ?? 6)
    case "g", "G", "v":
      text = shape.precision.map { FloatText.significant(size, $0) } ?? FloatText.shortest(size)
    default: return nil
    }
    if verb == "E" || verb == "G" { text = text.uppercased() }
    if value.isNaN { return Array("NaN".utf8) }
    if value.isInfinite { return Array(value < 0 ? "-Inf".utf8 : "+Inf".utf8) }
    return Array((sign(value.sign == .minus, shape) + text).utf8)
  }

  private mutating func pad(
    _ text: [UInt8], _ shape: Shape, isNumber: Bool = false
  ) throws(TemplateFault) {
    let missing = shape.width - Characters.count(text)
    if missing <= 0 { return try output.append(text) }
    if shape.isLeft {
      try output.append(text)
      return try output.append(32, times: missing)
    }
    guard shape.isZero, isNumber else {
      try output.append(shape.isZero && !isNumber ? 48 : 32, times: missing)
      return try output.append(text)
    }
    let head = text.first == 45 || text.first == 43 || text.first == 32 ? 1 : 0
    try output.append(text.prefix(head))
    try output.append(48, times: missing)
    try output.append(text.dropFirst(head))
  }
}
