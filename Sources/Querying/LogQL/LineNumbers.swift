import Bytes
import Glibc
import Templating

/// The functions of templates that count. They take texts for numbers, and what is no number for 0,
/// as Loki has it; what does not fit 64 bits is an error.
enum LineNumbers {
  typealias Function = LineFunctions.Function
  typealias Call = LineFunctions.Call

  static let functions: [Function] = [
    Function("int", 1) { call throws(TemplateFault) in .integer(try integer(call, 0)) },
    Function("float64", 1) { .number(float($0.argument(0))) },
    Function("add", 0...Int.max) { call throws(TemplateFault) in
      try folded(call, from: 0) { $0.adding($1) }
    },
    Function("mul", 1...Int.max) { call throws(TemplateFault) in
      try folded(call, from: 1) { $0.multiplied(by: $1) }
    },
    Function("sub", 2) { call throws(TemplateFault) in
      let (difference, isOver) = try integer(call, 0)
        .subtractingReportingOverflow(try integer(call, 1))
      return .integer(try fitting(isOver ? nil : difference, call))
    },
    Function("div", 2) { call throws(TemplateFault) in
      try divided(call) { $0.dividedReportingOverflow(by: $1) }
    },
    Function("mod", 2) { call throws(TemplateFault) in
      try divided(call) { $0.remainderReportingOverflow(dividingBy: $1) }
    },
    Function("max", 1...Int.max) { call throws(TemplateFault) in
      try integerExtreme(call) { Swift.max($0, $1) }
    },
    Function("min", 1...Int.max) { call throws(TemplateFault) in
      try integerExtreme(call) { Swift.min($0, $1) }
    },
    Function("addf", 0...Int.max) { exact($0, .sum, from: 0) },
    Function("subf", 1...Int.max) { exact($0, .difference) },
    Function("mulf", 1...Int.max) { exact($0, .product) },
    Function("divf", 1...Int.max) { call throws(TemplateFault) in
      guard !call.arguments.dropFirst().contains(where: { float($0) == 0 }) else {
        throw call.fault("division by zero")
      }
      return exact(call, .quotient)
    },
    Function("maxf", 1...Int.max) { floatExtreme($0) { Swift.max($0, $1) } },
    Function("minf", 1...Int.max) { floatExtreme($0) { Swift.min($0, $1) } },
    Function("ceil", 1) { .number(float($0.argument(0)).rounded(.up)) },
    Function("floor", 1) { .number(float($0.argument(0)).rounded(.down)) },
    Function("round", 2...3, rounded),
    Function("bytes", 1, size),
    Function("duration", 1, seconds),
    Function("duration_seconds", 1, seconds),
  ]

  private static func size(_ call: Call) throws(TemplateFault) -> TemplateValue {
    let text = try call.text(0)
    let digits = text.bytes.filter { $0 != 44 }
    guard let size = Quantity.bytes(digits.span, isTyped: false) else {
      throw call.fault("\(QuotedText.quote(text)) is not a size such as 20KB or 1.5 MiB")
    }
    return .number(size.rounded(.down))
  }

  private static func seconds(_ call: Call) throws(TemplateFault) -> TemplateValue {
    let text = try call.text(0)
    guard let length = Quantity.nanoseconds(text.bytes.span, isTyped: false) else {
      throw call.fault("\(QuotedText.quote(text)) is not a duration such as 1h30m or 250ms")
    }
    return .number(length / 1e9)
  }

  /// A value as an integer: floats without their fraction, texts that are integers, also with a
  /// fraction of zeros; 0 for all else.
  private static func integer(_ call: Call, _ place: Int) throws(TemplateFault) -> Int64 {
    switch call.argument(place) {
    case .integer(let integer): return integer
    case .number(let number):
      return try fitting(Int64(exactly: number.rounded(.towardZero)), call)
    case .flag(let flag): return flag ? 1 : 0
    case .text(let text): return integer(text)
    default: return 0
    }
  }

  private static func integer(_ text: ByteString) -> Int64 {
    let bytes = text.bytes
    var end = bytes.count
    if let point = bytes.firstIndex(of: 46), bytes[point...].dropFirst().allSatisfy({ $0 == 48 }) {
      end = point
    }
    return IntegerText.value(bytes.span.extracting(0..<end)) ?? 0
  }

  private static func float(_ value: TemplateValue) -> Double {
    switch value {
    case .integer(let integer): Double(integer)
    case .number(let number): number
    case .flag(let flag): flag ? 1 : 0
    case .text(let text): Numbers.prometheusFloat(text.bytes.span) ?? 0
    default: 0
    }
  }

  private static func fitting(_ value: Int64?, _ call: Call) throws(TemplateFault) -> Int64 {
    guard let value else { throw call.fault("the result does not fit a 64-bit integer") }
    return value
  }

  private static func folded(
    _ call: Call, from start: Int64, _ operation: (Int64, Int64) -> Int64?
  ) throws(TemplateFault) -> TemplateValue {
    var total = start
    for place in call.arguments.indices {
      total = try fitting(operation(total, try integer(call, place)), call)
    }
    return .integer(total)
  }

  private static func integerExtreme(
    _ call: Call, _ choose: (Int64, Int64) -> Int64
  ) throws(TemplateFault) -> TemplateValue {
    var best = try integer(call, 0)
    for place in call.arguments.indices { best = choose(best, try integer(call, place)) }
    return .integer(best)
  }

  /// What is no number wins, as in Go.
  private static func floatExtreme(
    _ call: Call, _ choose: (Double, Double) -> Double
  ) -> TemplateValue {
    var best = float(call.argument(0))
    for argument in call.arguments {
      let next = float(argument)
      best = best.isNaN || next.isNaN ? .nan : choose(best, next)
    }
    return .number(best)
  }

  private static func divided(
    _ call: Call, _ operation: (Int64, Int64) -> (partialValue: Int64, overflow: Bool)
  ) throws(TemplateFault) -> TemplateValue {
    let (left, right) = (try integer(call, 0), try integer(call, 1))
    guard right != 0 else { throw call.fault("division by zero") }
    let (result, isOver) = operation(left, right)
    return .integer(try fitting(isOver ? nil : result, call))
  }

  /// Decimals are added up as people do it, so that 0.1 and 0.2 are 0.3; what is too large or too
  /// fine for that is added up as floats.
  private static func exact(
    _ call: Call, _ operation: ExactDecimal.Operation, from start: Double? = nil
  ) -> TemplateValue {
    var total = start ?? float(call.argument(0))
    for argument in call.arguments.dropFirst(start == nil ? 1 : 0) {
      let next = float(argument)
      total = ExactDecimal.result(operation, total, next) ?? operation.rough(total, next)
    }
    return .number(total)
  }

  /// `round number places`, with the fraction from which it is up as a third argument.
  private static func rounded(_ call: Call) throws(TemplateFault) -> TemplateValue {
    let places = try call.integer(1)
    let bound = call.arguments.count > 2 ? float(call.argument(2)) : 0.5
    let power = pow(10, Double(places))
    let scaled = float(call.argument(0)) * power
    let whole = scaled.rounded(.towardZero)
    let up = scaled - whole >= bound
    return .number(scaled.rounded(up ? .up : .down) / power)
  }
}
