package import Bytes

/// One word of a query, and where it stands.
package struct Token: Sendable, Equatable {
  /// What a token is, and what it stands for.
  package enum Kind: Sendable, Equatable {
    /// A name or a keyword; keywords are told apart by the parsers, as both languages let them be
    /// names in places.
    case identifier(ByteString)
    case number(Double)
    /// Nanoseconds.
    case duration(Int64)
    /// A size such as `20KB`, in bytes; LogQL alone has it.
    case size(Double)
    /// What a quoted text stands for, escapes resolved.
    case string(ByteString)
    case symbol(Symbol)
    case end
  }

  package let kind: Kind
  /// The bytes of the query it was read from; empty for `end`.
  package let range: Range<Int>

  package init(kind: Kind, range: Range<Int>) {
    self.kind = kind
    self.range = range
  }
}

/// The operators and brackets of both query languages.
package enum Symbol: String, Sendable, CaseIterable {
  case plus = "+"
  case minus = "-"
  case times = "*"
  case divided = "/"
  case modulo = "%"
  case power = "^"
  case equalEqual = "=="
  case equal = "="
  case matches = "=~"
  case notEqual = "!="
  case notMatches = "!~"
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case openParen = "("
  case closeParen = ")"
  case openBrace = "{"
  case closeBrace = "}"
  case openBracket = "["
  case closeBracket = "]"
  case comma = ","
  case colon = ":"
  case at = "@"
  case dot = "."
  case pipe = "|"
  case pipeEqual = "|="
  case pipeMatches = "|~"
  case pipePattern = "|>"
  case notPattern = "!>"

  /// What stands at `index`, the longest that fits; nil when it is none of the dialect's.
  package static func read(
    _ bytes: Span<UInt8>, at index: Int, dialect: Language
  ) -> Symbol? {
    guard index < bytes.count else { return nil }
    if index + 1 < bytes.count, let long = pairs[Pair(bytes[index], bytes[index + 1])],
      dialect == .logql || !long.isOnlyLogQL
    {
      return long
    }
    guard let short = singles[bytes[index]], dialect == .logql || !short.isOnlyLogQL else {
      return nil
    }
    return short
  }

  /// Whether it computes or compares, rather than brackets or separates.
  package var isOperator: Bool {
    switch self {
    case .plus, .minus, .times, .divided, .modulo, .power, .equalEqual, .notEqual, .less,
      .lessOrEqual, .greater, .greaterOrEqual, .matches, .notMatches:
      true
    default: false
    }
  }

  package var length: Int { rawValue.utf8.count }

  private var isOnlyLogQL: Bool {
    switch self {
    case .pipe, .pipeEqual, .pipeMatches, .pipePattern, .notPattern, .dot: true
    default: false
    }
  }

  /// The two bytes of a long symbol.
  private struct Pair: Hashable {
    let first: UInt8
    let second: UInt8

    init(_ first: UInt8, _ second: UInt8) {
      self.first = first
      self.second = second
    }
  }

  private static let singles: [UInt8: Symbol] = {
    var table: [UInt8: Symbol] = [:]
    for symbol in allCases where symbol.length == 1 {
      for byte in symbol.rawValue.utf8 { table[byte] = symbol }
    }
    return table
  }()

  private static let pairs: [Pair: Symbol] = {
    var table: [Pair: Symbol] = [:]
    for symbol in allCases where symbol.length == 2 {
      let bytes = Array(symbol.rawValue.utf8)
      table[Pair(bytes[0], bytes[1])] = symbol
    }
    return table
  }()
}
