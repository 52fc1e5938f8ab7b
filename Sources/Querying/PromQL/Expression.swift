package import Bytes

extension PromQL {
  /// A parsed query. Equality is by meaning and spelling, not by place.
  package indirect enum Expression: Sendable, Equatable {
    case number(Number)
    case string(Text)
    case selector(Selector)
    case range(RangeSelector)
    case subquery(Subquery)
    case unary(Unary)
    case binary(Binary)
    case aggregation(Aggregation)
    case call(Call)
    case paren(Paren)

    package var place: Place {
      switch self {
      case .number(let node): node.place
      case .string(let node): node.place
      case .selector(let node): node.place
      case .range(let node): node.place
      case .subquery(let node): node.place
      case .unary(let node): node.place
      case .binary(let node): node.place
      case .aggregation(let node): node.place
      case .call(let node): node.place
      case .paren(let node): node.place
      }
    }

    package var type: ValueType {
      switch self {
      case .number: .scalar
      case .string: .string
      case .selector, .aggregation: .vector
      case .range, .subquery: .matrix
      case .unary(let node): node.operand.type
      case .binary(let node):
        node.left.type == .scalar && node.right.type == .scalar ? .scalar : .vector
      case .call(let node): node.function.returns
      case .paren(let node): node.inner.type
      }
    }

    /// Whether it asks for any series.
    package var selectsSeries: Bool {
      switch self {
      case .selector, .range: true
      default: children.contains(where: \.selectsSeries)
      }
    }

    /// The expression inside any parentheses.
    package var unwrapped: Expression {
      var expression = self
      while case .paren(let node) = expression { expression = node.inner }
      return expression
    }

    /// The expressions directly inside.
    package var children: [Expression] {
      switch self {
      case .number, .string, .selector, .range: []
      case .subquery(let node): [node.inner]
      case .unary(let node): [node.operand]
      case .binary(let node): [node.left, node.right]
      case .aggregation(let node): [node.parameter, node.operand].compactMap { $0 }
      case .call(let node): node.arguments
      case .paren(let node): [node.inner]
      }
    }
  }

  /// Where a part of a query stands. All places are equal, so that trees compare by meaning.
  package struct Place: Sendable, Equatable {
    package let range: Range<Int>

    package init(_ range: Range<Int>) {
      self.range = range
    }

    package static func == (left: Place, right: Place) -> Bool { true }
  }

  /// A number literal, a duration as a number included. Equality is by bit, so a NaN equals itself.
  package struct Number: Sendable, Equatable {
    package let value: Double
    package let place: Place

    package static func == (left: Number, right: Number) -> Bool {
      left.value.bitPattern == right.value.bitPattern
        || (left.value.isNaN && right.value.isNaN)
    }
  }

  /// A string literal.
  package struct Text: Sendable, Equatable {
    package let value: ByteString
    package let place: Place
  }

  /// The instant an `@` modifier fixes.
  package enum Anchor: Sendable, Equatable {
    /// Milliseconds since 1970.
    case time(Int64)
    case start
    case end
  }

  /// `offset` and `@` of a selector or subquery.
  package struct Shift: Sendable, Equatable {
    /// Milliseconds; positive looks back.
    package var offset: Int64 = 0
    package var anchor: Anchor?
    /// Whether an offset was written, if only of 0.
    var hasOffset = false

    package init() {}

    package static func == (left: Shift, right: Shift) -> Bool {
      left.offset == right.offset && left.anchor == right.anchor
    }
  }

  /// An instant selector. A metric's name is the first of the matchers. The order of the others
  /// means nothing.
  package struct Selector: Sendable, Equatable {
    package var name: ByteString?
    /// Whether the name stands inside the braces: `{"a.b"}`.
    var isNameQuoted = false
    package var matchers: [Matcher]
    package var shift = Shift()
    package var place: Place

    /// The exact name all series have, also when it was written as a matcher.
    package var metric: ByteString? {
      matchers.first { $0.name == "__name__" && $0.operation == .equal && !$0.value.isEmpty }?
        .value
    }

    /// The matchers in Prometheus' order: as written, a name in front of the braces last.
    var writtenMatchers: [Matcher] {
      guard name != nil, !isNameQuoted, let first = matchers.first else { return matchers }
      return matchers.dropFirst() + [first]
    }

    package static func == (left: Selector, right: Selector) -> Bool {
      left.shift == right.shift && left.sortedMatchers == right.sortedMatchers
    }

    private var sortedMatchers: [String] { matchers.map(Printing.text).sorted() }
  }

  /// A selector over a range of time.
  package struct RangeSelector: Sendable, Equatable {
    package var selector: Selector
    /// Milliseconds.
    package var range: Int64
    package var place: Place
  }

  /// An expression evaluated at steps over a range of time.
  package struct Subquery: Sendable, Equatable {
    package var inner: Expression
    /// Milliseconds.
    package var range: Int64
    /// Milliseconds; nil is the default step.
    package var step: Int64?
    package var shift = Shift()
    package var place: Place
  }

  /// A sign.
  package struct Unary: Sendable, Equatable {
    package let isMinus: Bool
    package let operand: Expression
    package let place: Place
  }

  /// An operator between two expressions.
  package struct Binary: Sendable, Equatable {
    package let operation: BinaryOperation
    package let left: Expression
    package let right: Expression
    package let returnsBool: Bool
    package let matching: VectorMatching
    package let place: Place
    /// Where the operator stands.
    package let operatorPlace: Place
  }

  /// An aggregation of a vector.
  package struct Aggregation: Sendable, Equatable {
    package let kind: AggregationKind
    package let grouping: Grouping
    package let parameter: Expression?
    package let operand: Expression
    package let place: Place
  }

  /// A function call.
  package struct Call: Sendable, Equatable {
    package let function: Function
    package let arguments: [Expression]
    package let place: Place
  }

  /// Parentheses, kept so that a query prints as it was meant.
  package struct Paren: Sendable, Equatable {
    package let inner: Expression
    package let place: Place
  }
}
