import Bytes
import Model

/// The functions that Go's text/template has of its own.
enum BuiltinFunctions<Host: TemplateHost> {
  typealias Function = TemplateFunction<Host>
  typealias Call = TemplateCall<Host>

  static func all(comparesTextAsNumber: Bool) -> [Function] {
    [
      // The execution looks at the arguments of these itself, one by one.
      Function("and", 1...Int.max) { $0.argument(0) },
      Function("or", 1...Int.max) { $0.argument(0) },
      Function("not", 1) { .flag(!$0.argument(0).isTrue) },
      Function("len", 1, length),
      Function("index", 1...Int.max, index),
      Function("slice", 1...4, slice),
      Function("print", 0...Int.max) { call throws(TemplateFault) in .text(try call.printed()) },
      Function("println", 0...Int.max, line),
      Function("printf", 1...Int.max) { call throws(TemplateFault) in
        try FormatText.text(try call.text(0), call.arguments.dropFirst(), call.host)
      },
      Function("html", 1...Int.max) { call throws(TemplateFault) in
        try EscapedText.html(try call.printed())
      },
      Function("js", 1...Int.max) { call throws(TemplateFault) in
        try EscapedText.script(try call.printed())
      },
      Function("urlquery", 1...Int.max) { call throws(TemplateFault) in
        .text(ByteString(EscapedText.query(try call.printed())))
      },
    ]
      + Comparison.allCases.map { comparison in
        Function(comparison.rawValue, comparison == .eq ? 2...Int.max : 2...2) {
          call throws(TemplateFault) in
          .flag(try comparison.holds(call, readsText: comparesTextAsNumber))
        }
      }
  }

  private static func line(_ call: Call) throws(TemplateFault) -> TemplateValue {
    var output = BoundedText()
    for (place, argument) in call.arguments.enumerated() {
      if place > 0 { try output.append(32) }
      try output.append(try PrintedText.text(argument, call.host))
    }
    try output.append(10)
    return output.value
  }

  private static func length(_ call: Call) throws(TemplateFault) -> TemplateValue {
    switch call.argument(0) {
    case .text(let text): .integer(Int64(text.count))
    case .list(let list): .integer(Int64(list.count))
    case .map(let members): .integer(Int64(members.count))
    case .record(let record): .integer(Int64(call.host.members(of: record).count))
    default: throw call.fault("\(call.argument(0).described) has no length")
    }
  }

  /// `index x 1 "a"` is `x[1]["a"]`.
  private static func index(_ call: Call) throws(TemplateFault) -> TemplateValue {
    var value = call.argument(0)
    for key in call.arguments.dropFirst() {
      switch value {
      case .map, .record:
        guard let name = key.bytes else {
          throw call.fault("a map is indexed by a text, not by \(key.described)")
        }
        value = TemplateExecution<Host>.member(name, of: value, call.host) ?? .none
      case .list(let list):
        value = list[try place(key, 0..<list.count, call)]
      case .text(let text):
        value = .integer(Int64(text.bytes[try place(key, 0..<text.count, call)]))
      default: throw call.fault("\(value.described) cannot be indexed")
      }
    }
    return value
  }

  private static func place(
    _ key: TemplateValue, _ range: Range<Int>, _ call: Call
  ) throws(TemplateFault) -> Int {
    guard case .integer(let place) = key else {
      throw call.fault("a list is indexed by an integer, not by \(key.described)")
    }
    guard place >= 0, place < Int64(range.upperBound) else {
      throw call.fault("\(place) is out of range 0..<\(range.upperBound)")
    }
    return Int(place)
  }

  /// `slice x 1 2` is `x[1:2]`, of a text or a list.
  private static func slice(_ call: Call) throws(TemplateFault) -> TemplateValue {
    let count: Int
    switch call.argument(0) {
    case .text(let text): count = text.count
    case .list(let list): count = list.count
    default: throw call.fault("\(call.argument(0).described) cannot be sliced")
    }
    var bounds = [0, count]
    for (place, bound) in call.arguments.dropFirst().prefix(2).enumerated() {
      bounds[place] = try Self.place(bound, 0..<(count + 1), call)
    }
    guard bounds[0] <= bounds[1] else {
      throw call.fault("the slice ends at \(bounds[1]), before it begins at \(bounds[0])")
    }
    if case .list(let list) = call.argument(0) { return .list(Array(list[bounds[0]..<bounds[1]])) }
    return .text(ByteString((try call.text(0)).bytes[bounds[0]..<bounds[1]]))
  }
}

/// How two values compare.
enum Comparison: String, CaseIterable {
  case eq, ne, lt, le, gt, ge

  /// Whether it holds; `eq` of several values holds when the first equals any of the others.
  func holds<Host: TemplateHost>(
    _ call: TemplateCall<Host>, readsText: Bool
  ) throws(TemplateFault) -> Bool {
    let left = call.argument(0)
    for right in call.arguments.dropFirst() {
      if try holds(left, right, call, readsText) { return true }
    }
    return false
  }

  private func holds<Host: TemplateHost>(
    _ left: TemplateValue, _ right: TemplateValue, _ call: TemplateCall<Host>, _ readsText: Bool
  ) throws(TemplateFault) -> Bool {
    if let left = left.bytes, let right = right.bytes { return holds(left, right) }
    if case .integer(let left) = left, case .integer(let right) = right {
      return holds(left, right)
    }
    if let first = Self.number(left, readsText), let second = Self.number(right, readsText) {
      return holds(first, second)
    }
    switch (left, right) {
    case (.time(let left), .time(let right)):
      return holds(Instants(left), Instants(right))
    case (.flag(let left), .flag(let right)) where self == .eq || self == .ne:
      return (left == right) == (self == .eq)
    case (.none, .none) where self == .eq || self == .ne: return self == .eq
    case (.none, _) where self == .eq || self == .ne, (_, .none) where self == .eq || self == .ne:
      return self == .ne
    default:
      throw call.fault(
        "cannot compare \(left.described) with \(right.described); int and float64 make numbers "
          + "of texts")
    }
  }

  private func holds<Value: Comparable>(_ left: Value, _ right: Value) -> Bool {
    switch self {
    case .eq: left == right
    case .ne: left != right
    case .lt: left < right
    case .le: left <= right
    case .gt: left > right
    case .ge: left >= right
    }
  }

  private static func number(_ value: TemplateValue, _ readsText: Bool) -> Double? {
    switch value {
    case .integer(let integer): Double(integer)
    case .number(let number): number
    case .text(let text) where readsText: Numbers.prometheusFloat(text.bytes.span)
    default: nil
    }
  }

  /// Times in their order.
  private struct Instants: Comparable {
    let seconds: Int64
    let nanoseconds: Int64

    init(_ time: TemplateTime) {
      seconds = time.seconds
      nanoseconds = time.nanoseconds
    }

    static func < (left: Instants, right: Instants) -> Bool {
      (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
  }
}
